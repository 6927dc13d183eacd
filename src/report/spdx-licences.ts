import type { Json } from '../io/canonical-json.ts';
import { elementId } from './element-id.ts';
import { joinedExpression, licenceMemory } from './licence-expression.ts';

/** Licences of the packages of a document. */
export interface SpdxLicences {
  /** What packages say of their licences as one expression; undefined when they say nothing. */
  readonly declared: (licences: readonly string[]) => string | undefined;
  /** What the names are that SPDX does not know, as far as they were used. */
  readonly extracted: () => Generator<Json, void, undefined>;
}

/** Makes expressions of what packages say; what is none gets a name of its own (SPDX 2.3, "10 Other licensing information detected"). */
export function spdxLicences(): SpdxLicences {
  const others = new Map<string, string>();
  const isExpression = licenceMemory();
  const nameOf = (text: string): string => {
    const name = others.get(text) ?? `LicenseRef-${elementId(text, text).replace(/^-/, '')}`;
    others.set(text, name);
    return name;
  };
  return {
    declared: (licences) => {
      const said = licences.filter((text) => text.trim() !== '');
      if (said.length === 0) return undefined;
      return joinedExpression(said.map((text) => (isExpression(text) ? text : nameOf(text))));
    },
    *extracted() {
      for (const [text, licenseId] of others)
        yield { licenseId, extractedText: text, name: text.slice(0, 100).toWellFormed() };
    },
  };
}
