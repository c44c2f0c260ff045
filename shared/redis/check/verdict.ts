// What can be wrong with a Redis, and what to do about it.

/** `mistake`: somebody has to change something. `trouble`: it may pass by itself. */
export type Verdict =
  | { kind: 'usable'; answersInfo: boolean; warnings: string[] }
  | { kind: 'mistake' | 'trouble'; problem: string };

const mistake = (problem: string): Verdict => ({ kind: 'mistake', problem });
const trouble = (problem: string): Verdict => ({ kind: 'trouble', problem });

const certificateCodes = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
];

/** Of a connection that could not be made. @param setting that has the URL, e.g. `REDIS_URL` */
export function connectionVerdict(error: Error, setting: string): Verdict {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (certificateCodes.includes(code)) {
    return mistake(
      `The certificate of the server in ${setting} is not trusted (${code}); name who signed it with REDIS_TLS_CA, or accept it with REDIS_TLS_VERIFY=false`,
    );
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return mistake(
      `The server in ${setting} does not speak TLS on this port; write redis:// for rediss://`,
    );
  }
  return trouble(`Redis (${setting}) cannot be reached: ${message || code}`);
}

/** Of an answer that was an error, or undefined for one that says nothing of the server. */
export function answerVerdict(error: Error, setting: string): Verdict | undefined {
  const { message } = error;
  const [code = ''] = message.split(' ');
  switch (code) {
    case 'WRONGPASS':
      return mistake(`Redis does not accept user and password of ${setting}`);
    case 'NOAUTH':
      return mistake(`Redis asks for a password, and ${setting} has none`);
    case 'MOVED':
    case 'ASK':
    case 'CROSSSLOT':
      return mistake(notInCluster(setting));
    case 'LOADING':
      return trouble(`Redis (${setting}) is loading its data`);
    case 'READONLY':
      return trouble(`Redis (${setting}) is a replica, which takes no writes; name its master`);
    case 'MASTERDOWN':
      return trouble(`Redis (${setting}) is a replica that has lost its master`);
    case 'CLUSTERDOWN':
      return mistake(notInCluster(setting));
    case 'OOM':
      return trouble(`Redis (${setting}) is full: it needs more maxmemory`);
    case 'MISCONF':
      return trouble(`Redis (${setting}) cannot write to its disk, and so takes no writes`);
    case 'BUSY':
      return trouble(`Redis (${setting}) is busy with a script`);
    default:
      return undefined;
  }
}

export const notInCluster = (setting: string) =>
  `The Redis in ${setting} is a node of a cluster, which is not supported; name a server of its own`;

/** @param commands that are refused @param user as the server names it */
export function missingRights({
  setting,
  user,
  commands,
  prefix,
}: {
  setting: string;
  user: string;
  commands: readonly string[];
  prefix: string;
}): Verdict {
  const rules = [
    `~${prefix}:*`,
    `&${prefix}:*`,
    ...commands.map((name) => `+${name.toLowerCase()}`),
  ];
  return mistake(
    `The Redis user “${user}” of ${setting} may not use ${commands.join(', ')}. Give it the rights: ACL SETUSER ${user} ${rules.join(' ')}`,
  );
}
