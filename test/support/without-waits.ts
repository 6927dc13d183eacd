/**
 * For the environment of a `palette-edge` that shall try again without waiting before. A wait is half fixed and half chance
 * (src/http/retry-policy.ts), so that a chance of -1 makes it none; how often it tries stays.
 */
export const withoutWaits: Readonly<Record<string, string>> = {
  NODE_OPTIONS: '--import=data:text/javascript,Math.random=()=>-1',
};
