/** One layer: Debian packages with all that they depend on and lower layers do not have, or a few small files. */
export type LayerRecipe =
  | { readonly packages: readonly string[] }
  /** Path → content. */
  | { readonly files: Readonly<Record<string, string>> };

/** An image, from its lowest layer up. */
export interface ImageRecipe {
  readonly name: string;
  readonly layers: readonly LayerRecipe[];
  /** Every package of the topmost layer of packages is a layer of its own, up to 60. */
  readonly onePackagePerLayer?: boolean;
}

const base: LayerRecipe = {
  packages: (
    'apt base-files base-passwd bash coreutils dash debianutils diffutils dpkg findutils grep gzip hostname ' +
    'init-system-helpers libc-bin login mount ncurses-base ncurses-bin perl-base sed sysvinit-utils tar tzdata util-linux'
  ).split(' '),
};
const tools = packages('ca-certificates', 'curl', 'openssl');
const python = packages('python3', 'python3-setuptools');
const java = packages('openjdk-17-jre-headless');

/**
 * The set, smallest images first, so that its beginning is a small set. As on an edge cluster: the same few lower layers under
 * most images, Go programs, databases, interpreters; many small layers, a few large ones.
 */
export const imageRecipes: readonly ImageRecipe[] = [
  { name: 'base', layers: [base] },
  service('registry', packages('docker-registry')),
  service('etcd', packages('etcd-client', 'etcd-server')),
  service('containerd', packages('containerd', 'runc')),
  service('podman', packages('podman')),
  service('redis', packages('redis-server')),
  service('nginx', packages('nginx')),
  service(
    'prometheus',
    packages('prometheus', 'prometheus-node-exporter'),
    packages('prometheus-alertmanager'),
  ),
  {
    ...service(
      'python-web',
      python,
      packages('gunicorn', 'python3-django', 'python3-psycopg2', 'python3-redis'),
    ),
    onePackagePerLayer: true,
  },
  service('postgresql', packages('postgresql')),
  service('mariadb', packages('mariadb-server')),
  service('node', packages('nodejs'), packages('npm')),
  service('java', java),
  service('java-build', java, packages('maven', 'openjdk-17-jdk-headless')),
  service('go-build', packages('golang-go')),
  service('python-science', python, packages('python3-numpy'), packages('python3-pandas', 'python3-scipy')),
  service(
    'python-learning',
    python,
    packages('python3-numpy'),
    packages('python3-matplotlib', 'python3-sklearn'),
  ),
  service('chromium', packages('chromium')),
  service('texlive', packages('texlive-latex-recommended'), packages('texlive-latex-extra')),
  service('llvm', packages('llvm-16-dev'), packages('clang-16')),
  service('rust', packages('rustc'), packages('cargo')),
  service('libreoffice', packages('libreoffice-writer')),
  service('octave', packages('octave')),
  service('blender', packages('blender')),
];

/** What the image that changes gets on top: a Go program. */
export const changeRecipe = { image: 'containerd', layer: packages('caddy') } as const;

function packages(...names: readonly string[]): LayerRecipe & { readonly packages: readonly string[] } {
  return { packages: names };
}

function service(name: string, ...layers: readonly LayerRecipe[]): ImageRecipe {
  const entrypoint = `#!/bin/sh\nset -eu\nexec "$@"\n`;
  return {
    name,
    layers: [
      base,
      tools,
      ...layers,
      { files: { [`etc/${name}/config.yaml`]: `name: ${name}\nlisten: 0.0.0.0\n` } },
      { files: { 'usr/local/bin/entrypoint': entrypoint } },
    ],
  };
}
