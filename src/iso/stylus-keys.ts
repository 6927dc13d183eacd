/** Keys that a block may have, and those below them; undefined for a value. `*` stands for any key, `[]` for the items of a list. */
export interface KnownKeys {
  readonly [key: string]: KnownKeys | undefined;
}

/** What may be below a key that is documented as free. */
const anything: KnownKeys = { '*': undefined };

const registry: KnownKeys = {
  domain: undefined,
  username: undefined,
  password: undefined,
  repositoryName: undefined,
  certificates: undefined,
  insecure: undefined,
  encodedPassword: undefined,
};

const network: KnownKeys = {
  httpProxy: undefined,
  httpsProxy: undefined,
  noProxy: undefined,
  nameserver: undefined,
  interfaces: {
    '*': {
      ipAddress: undefined,
      mask: undefined,
      type: undefined,
      gateway: undefined,
      nameserver: undefined,
    },
  },
};

const site: KnownKeys = {
  caCerts: undefined,
  clusterId: undefined,
  clusterName: undefined,
  deviceUIDPaths: { '[]': { name: undefined, regex: undefined } },
  edgeHostToken: undefined,
  hostName: undefined,
  insecureSkipVerify: undefined,
  name: undefined,
  network,
  ntpServers: undefined,
  paletteEndpoint: undefined,
  prefix: undefined,
  projectName: undefined,
  projectUid: undefined,
  registrationURL: undefined,
  remoteShell: { disable: undefined },
  tags: anything,
  tagsFromFile: { fileName: undefined, delimiter: undefined, separator: undefined },
  tagsFromScript: { scriptName: undefined, timeout: undefined },
  users: {
    '[]': {
      name: undefined,
      groups: undefined,
      passwd: undefined,
      passwordExpiry: undefined,
      lock_passwd: undefined,
      ssh_authorized_keys: undefined,
    },
  },
};

/**
 * The `stylus` block of a host's user data: what Spectro Cloud's "Edge Installer Configuration Reference" lists, of 4.8 and of older
 * versions (`emcServer`, `imageOverride`, `installationMode`). The agent may know more.
 */
export const stylusKeys: KnownKeys = {
  debug: undefined,
  disablePasswordUpdate: undefined,
  disableTui: undefined,
  emcServer: { port: undefined },
  enableMultiNode: undefined,
  externalRegistries: { registries: { '[]': registry }, registryMappingRules: anything },
  featureGate: undefined,
  imageOverride: undefined,
  imageRedirectWebhook: { enable: undefined, port: undefined },
  includeTui: undefined,
  installationMode: undefined,
  localUI: {
    port: undefined,
    login: {
      attemptsBeforeExponentialDelayStarts: undefined,
      disableRateLimiting: undefined,
      lockoutDurationInMinutes: undefined,
      maxFailedAttemptsBeforeLockout: undefined,
    },
  },
  managementMode: undefined,
  path: undefined,
  registryCredentials: registry,
  site,
  trace: undefined,
  vip: { skip: undefined },
};
