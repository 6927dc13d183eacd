/** Someone who pushes all images of `bundle.tar.zst`. */
export interface Contestant {
  readonly name: string;
  /** Name of a program on the PATH. */
  readonly program: string;
  /** A script of the shell that is run before, and not measured. */
  readonly prepare?: string;
  /** A script of the shell that pushes to a registry, HOST:PORT, of plain HTTP. */
  readonly script: (host: string) => string;
}

const unpack = 'mkdir unpacked; zstd -dc bundle.tar.zst | tar -C unpacked -xf -';

/**
 * Ours and its peers.
 *
 * @param paletteEdge a `bin/run.js`
 * @param names of the images, without the registry that they are from: `bench/image-1:1`
 */
export function contestants(paletteEdge: string, names: readonly string[]): readonly Contestant[] {
  return [
    {
      name: 'palette-edge push',
      program: process.execPath,
      script: (host) => `${process.execPath} ${paletteEdge} push bundle.tar.zst ${host} --plain-http ${host}`,
    },
    ...withUnpacking('skopeo', 'skopeo', (host) => skopeo(names, host, 1)),
    ...withUnpacking('skopeo, 6 at a time', 'skopeo', (host) => skopeo(names, host, 6)),
    ...withUnpacking('crane', 'crane', (host) => crane(names, host)),
  ];
}

function withUnpacking(name: string, program: string, push: (host: string) => string): Contestant[] {
  return [
    { name, program, script: (host) => `${unpack}\n${push(host)}` },
    { name: `${name}, unpacked`, program, prepare: unpack, script: push },
  ];
}

/** Digests stay, as ours do: skopeo would compress layers that look as if they were not. Names in the layout are those of the registry that the bundle was made from; its port is not known here. */
function skopeo(names: readonly string[], host: string, atATime: number): string {
  const images = names.map((name) => `${name} docker://${host}/${name}`).join('\n');
  const copy =
    'skopeo copy -q --all --preserve-digests --dest-tls-verify=false "oci:unpacked:$(grep -o "[^\\"]*/$0" unpacked/index.json | head -1)" "$1"';
  return `xargs -P ${atATime} -L 1 sh -ec '${copy}' <<'END'\n${images}\nEND`;
}

/** crane pushes whole layouts: each image gets one, with the blobs of all. */
function crane(names: readonly string[], host: string): string {
  return names
    .map((name, index) =>
      [
        `mkdir -p unpacked/own/${index}`,
        `ln -s ../../blobs unpacked/own/${index}/blobs`,
        `cp unpacked/oci-layout unpacked/own/${index}/`,
        `node -e 'const f = require("node:fs"); const x = JSON.parse(f.readFileSync("unpacked/index.json")); x.manifests = x.manifests.filter((m) => m.annotations["org.opencontainers.image.ref.name"].endsWith("/${name}")).slice(0, 1); f.writeFileSync("unpacked/own/${index}/index.json", JSON.stringify(x))'`,
        `crane push --insecure unpacked/own/${index} ${host}/${name}`,
      ].join('\n'),
    )
    .join('\n');
}
