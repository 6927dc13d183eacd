import type { HttpClient } from '../http/http-client.ts';
import { MirrorHealth } from './mirror-health.ts';
import { registryOrigin } from './repository-name.ts';
import type { RepositoryName } from './repository-name.ts';
import { routesOf } from './route.ts';
import type { Mirrors } from './route.ts';

/** The places to ask, with what is known of the mirrors among them. */
export class Routes {
  readonly #http: HttpClient;
  readonly #mirrors: Mirrors;
  readonly #now: () => number;
  readonly #healths = new Map<string, MirrorHealth>();

  constructor(http: HttpClient, mirrors: Mirrors, now: () => number) {
    this.#http = http;
    this.#mirrors = mirrors;
    this.#now = now;
  }

  /** As {@link routesOf}, but mirrors that failed lately come last, when all others have failed. */
  of(repository: RepositoryName): readonly RepositoryName[] {
    const routes = routesOf(repository, this.#mirrors).map((route) => this.#withHealth(route));
    return routes.toSorted((left, right) => Number(isResting(left)) - Number(isResting(right)));
  }

  #withHealth(route: RepositoryName): RepositoryName {
    const { mirror } = route;
    if (mirror === undefined) return route;
    const origin = registryOrigin(this.#http, route);
    const health = this.#healths.get(origin) ?? new MirrorHealth(this.#now);
    this.#healths.set(origin, health);
    return { ...route, mirror: { ...mirror, health } };
  }
}

function isResting({ mirror }: RepositoryName): boolean {
  return mirror?.health?.isResting === true;
}
