/**
 * Where a key leads in a tree that is open everywhere (ARIA Authoring Practices, "Tree View", keyboard interaction); undefined when it leads nowhere.
 *
 * @param nodes all items, parents before their children
 */
export function treeKeyTarget(
  key: string,
  node: HTMLElement,
  nodes: readonly HTMLElement[],
): HTMLElement | undefined {
  const place = nodes.indexOf(node);
  const ways: Readonly<Record<string, () => HTMLElement | null | undefined>> = {
    ArrowDown: () => nodes[place + 1],
    ArrowUp: () => (place > 0 ? nodes[place - 1] : undefined),
    ArrowRight: () => node.querySelector<HTMLElement>('[role=treeitem]'),
    ArrowLeft: () => node.parentElement?.closest<HTMLElement>('[role=treeitem]'),
    Home: () => nodes[0],
    End: () => nodes.at(-1),
  };
  return ways[key]?.() ?? undefined;
}
