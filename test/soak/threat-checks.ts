/** A check of `docs/security.md` and what happens without it. */
export interface ThreatCheck {
  readonly source: string;
  /** What stands in the source, once. */
  readonly check: string;
  /** What takes its place. */
  readonly instead: string;
  /** The test that has to fail then: its file, and the name as in `docs/security.md`. */
  readonly test: string;
  readonly name: string;
}

/** Small edits, each of which takes one check out. */
export const threatChecks: readonly ThreatCheck[] = [
  {
    source: 'src/oci/verified-content.ts',
    check: 'if (received !== digest)',
    instead: 'if (received === undefined)',
    test: 'test/bundle/bundle-reader.test.ts',
    name: 'content that is not the digest of the inventory fails, though every frame is in order',
  },
  {
    source: 'src/oci/image-graph.ts',
    check: 'if (depth > maximumDepth || ',
    instead: 'if (',
    test: 'test/oci/image-graph.test.ts',
    name: 'indexes nested without end are refused',
  },
  {
    source: 'src/oci/manifest.ts',
    check: "if ('manifests' in document && ('layers' in document || 'config' in document))",
    instead: 'if (document === undefined)',
    test: 'test/oci/manifest.test.ts',
    name: 'manifests and layers',
  },
  {
    source: 'src/http/http-client.ts',
    check: 'if (next.origin !== url.origin) {',
    instead: "if (next.origin === '') {",
    test: 'test/http/http-client.test.ts',
    name: 'a redirect to another origin drops credentials, and the way back does not restore them',
  },
  {
    source: 'src/profile/yaml-tree.ts',
    check: 'if (this.#size > maximumNodes)',
    // What would come of it, without the machine that it takes along.
    instead: "if (this.#size > maximumNodes) throw new Error('out of memory'); if (this.#size < 0)",
    test: 'test/profile/yaml-tree.test.ts',
    name: 'a billion laughs',
  },
  {
    source: 'src/profile/yaml-tree.ts',
    check: 'throw error instanceof RangeError ?',
    instead: 'throw error instanceof TypeError ?',
    test: 'test/profile/yaml-tree.test.ts',
    name: 'lists in one line that all end with it',
  },
  {
    source: 'src/workflows/plain-tars.ts',
    check: 'if (size > plainSize)',
    instead: 'if (size < 0)',
    test: 'test/workflows/base-pool.test.ts',
    name: 'an old layer that decompresses to more than its patch says is read no further',
  },
  {
    source: 'src/delta/apply-patch.ts',
    check: 'if (size > left) throw',
    instead: 'if (size < 0) throw',
    test: 'test/delta/apply-patch.test.ts',
    name: 'a patch that gives more or less than it should is refused',
  },
  {
    source: 'src/trust/check-signatures.ts',
    check: 'if (!isSignatureRight(inventoryBytes, signature, key)) throw',
    instead: 'if (key === null) throw',
    test: 'test/trust/check-signatures.test.ts',
    name: 'of something else are wrong, even beside a right one',
  },
  {
    source: 'src/trust/check-signatures.ts',
    check: 'if (signedBy.size === 0) throw',
    instead: 'if (signedBy.size < 0) throw',
    test: 'test/trust/check-signatures.test.ts',
    name: 'by others only are told with their keys',
  },
  {
    source: 'src/trust/check-signatures.ts',
    check: 'if (algorithm !== own) return false;',
    instead: '',
    test: 'test/trust/check-signatures.test.ts',
    name: 'that say to be of another algorithm than their key are wrong',
  },
  {
    source: 'src/trust/age-passphrase.ts',
    check: 'if (work > mostWork)',
    instead: 'if (work > 22)',
    test: 'test/trust/open-age-head.test.ts',
    name: 'a file cannot ask for any amount of work',
  },
  {
    source: 'src/cli/config-texts.ts',
    check: 'if (status.size > maximumSize)',
    instead: 'if (status.size < 0)',
    test: 'test/cli/config-texts.test.ts',
    name: 'a file that is too large is not read',
  },
  {
    source: 'src/usb/open-drive.ts',
    check: 'if (!isSame || (await blockDeviceNumber(path)) !== number) throw driveChanged(path);',
    instead: '',
    test: 'test/usb/open-drive.test.ts',
    name: 'a drive with another number than was asked about is not opened',
  },
  {
    source: 'src/store-sharing/shared-store-state.ts',
    check: 'if (this.#timesDamaged >= maximumDamaged)',
    instead: 'if (this.#timesDamaged === 0)',
    test: 'test/store-sharing/shared-stores.test.ts',
    name: 'who gives wrong bytes again and again is not asked any more',
  },
  {
    source: 'src/cli/config-file.ts',
    check: 'if (ownFile === undefined || !(guardedFlags.has(key) || isSharedStore(key, value))) return;',
    instead: 'return;',
    test: 'test/cli/config-file.test.ts',
    name: 'may not set %s, for no command',
  },
  {
    source: 'src/bundle/parts-list.ts',
    check: "if (typeof name !== 'string' || !isPlainFileName(name))",
    instead: "if (typeof name !== 'string')",
    test: 'test/workflows/open-parts.test.ts',
    name: 'a list that names files elsewhere is refused, wherever it lies',
  },
  {
    source: 'src/trust/cosign-bundle.ts',
    check: 'if (predicateType !== cosignPredicateType)',
    instead: 'if (predicateType === undefined)',
    test: 'test/trust/image-signature-verdict.test.ts',
    name: 'with an attestation about the image is no signature of it',
  },
  {
    source: 'src/trust/age-stream.ts',
    check: 'decipher.final();',
    instead: '',
    test: 'test/trust/open-age-payload.test.ts',
    name: 'one changed bit anywhere, and no more than what was encrypted is given',
  },
  {
    source: 'src/http/http-client.ts',
    check: "if (url.protocol === 'http:' && isListedHost(this.#options.plainHttpHosts, url)) return;",
    instead: "if (url.protocol === 'http:') return;",
    test: 'test/http/http-client.test.ts',
    name: 'a redirect from HTTPS to plain HTTP is refused, unless the target is listed',
  },
];
