/**
 * Where a key leads in a tree that is open everywhere (ARIA Authoring Practices, "Tree View", keyboard interaction); undefined when it leads nowhere.
 *
 * @param nodes all items, parents before their children, with their levels
 */
export function treeKeyTarget(
  key: string,
  node: HTMLElement,
  nodes: readonly HTMLElement[],
): HTMLElement | undefined {
  const place = nodes.indexOf(node);
  const ways: Readonly<Record<string, () => HTMLElement | undefined>> = {
    ArrowDown: () => nodes[place + 1],
    ArrowUp: () => (place > 0 ? nodes[place - 1] : undefined),
    ArrowRight: () => nodes.slice(place + 1, place + 2).find((next) => levelOf(next) > levelOf(node)),
    ArrowLeft: () => nodes.slice(0, place).findLast((before) => levelOf(before) < levelOf(node)),
    Home: () => nodes[0],
    End: () => nodes.at(-1),
  };
  return ways[key]?.();
}

function levelOf(node: HTMLElement): number {
  return Number(node.getAttribute('aria-level'));
}
