import type { DoctorCheck, DoctorResult } from '../workflows/doctor-check.ts';
import { countOf } from './count-of.ts';

const marks = { ok: 'ok', warning: 'WARNING', problem: 'PROBLEM' } as const;
const markWidth = 9;

/** A line for each check, with what to do below those that are not well, and the sum of it. */
export function doctorView({ checks }: DoctorResult): string {
  const count = (status: DoctorCheck['status']): number =>
    checks.filter((check) => check.status === status).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  const sum =
    problems + warnings === 0
      ? 'All is well.'
      : `${countOf(problems, 'problem')}, ${countOf(warnings, 'warning')}`;
  return [...checks.flatMap((check) => lines(check)), sum].join('\n');
}

function lines({ status, name, detail, remedies }: DoctorCheck): string[] {
  const indent = ' '.repeat(markWidth);
  return [
    `${marks[status].padEnd(markWidth)}${name}: ${detail}`,
    ...remedies.map((remedy) => `${indent}- ${remedy}`),
  ];
}
