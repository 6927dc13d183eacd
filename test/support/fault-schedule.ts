/** Whether a fault happens to a request: the nth one that its rule fits, counted from 1. */
export type Schedule = (nth: number) => boolean;

/** Every time. */
export const always: Schedule = () => true;

/** The first `count` times. */
export function first(count: number): Schedule {
  return (nth) => nth <= count;
}

/** One time. */
export function only(wanted: number): Schedule {
  return (nth) => nth === wanted;
}

/** Every nth time: the nth, the 2nth, … */
export function every(step: number): Schedule {
  return (nth) => nth % step === 0;
}

/** Now and then. @param random gives numbers in [0, 1) */
export function randomly(probability: number, random: () => number): Schedule {
  return () => random() < probability;
}
