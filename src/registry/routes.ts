import { MirrorHealth } from './mirror-health.ts';
import type { RepositoryName } from './repository-name.ts';
import { routesOf } from './route.ts';
import type { Mirrors } from './route.ts';

/** The places to ask, with what is known of the mirrors among them. */
export class Routes {
  readonly #mirrors: Mirrors;
  readonly #now: () => number;
  readonly #healths = new Map<string, MirrorHealth>();

  constructor(mirrors: Mirrors, now: () => number) {
    this.#mirrors = mirrors;
    this.#now = now;
  }

  /** As {@link routesOf}, but mirrors that failed lately come last, when all others have failed. */
  of(repository: RepositoryName): readonly RepositoryName[] {
    const routes = routesOf(repository, this.#mirrors).map((route) => this.#withHealth(route));
    return routes.toSorted((left, right) => Number(isResting(left)) - Number(isResting(right)));
  }

  #withHealth(route: RepositoryName): RepositoryName {
    const { registry, mirror } = route;
    if (mirror === undefined) return route;
    const health = this.#healths.get(registry) ?? new MirrorHealth(this.#now);
    this.#healths.set(registry, health);
    return { ...route, mirror: { ...mirror, health } };
  }
}

function isResting({ mirror }: RepositoryName): boolean {
  return mirror?.health?.isResting === true;
}
