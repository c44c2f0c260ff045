// TLS to Redis as the settings describe it, for every connection.
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import Type from 'typebox';

function fileProblem(path: string): string | undefined {
  try {
    readFileSync(path);
    return undefined;
  } catch (error) {
    return `names ${path}, which cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

const pemFile = (description: string) =>
  Type.Optional(Type.String({ problemOf: fileProblem, description }));

export const tlsSettings = {
  REDIS_TLS_VERIFY: Type.Boolean({
    default: true,
    description: 'false accepts any certificate of a rediss:// server',
  }),
  REDIS_TLS_CA: pemFile('File with the certificates (PEM) that a rediss:// server’s is signed by'),
  REDIS_TLS_CERT: pemFile(
    'File with the certificate (PEM) that a rediss:// server asks its clients for',
  ),
  REDIS_TLS_KEY: pemFile('File with the key (PEM) of REDIS_TLS_CERT'),
  REDIS_TLS_SERVERNAME: Type.Optional(
    Type.String({ description: 'Name in the certificate of a rediss:// server; unset: its host' }),
  ),
};
export type RedisTls = Type.Static<Type.TObject<typeof tlsSettings>>;

/** @returns options for `rediss://`, none for `redis://` */
export function tlsOptions(url: string, tls: RedisTls): { tls?: ConnectionOptions } {
  if (!url.startsWith('rediss:')) return {};
  const { REDIS_TLS_CA: ca, REDIS_TLS_CERT: cert, REDIS_TLS_KEY: key } = tls;
  return {
    tls: {
      rejectUnauthorized: tls.REDIS_TLS_VERIFY,
      ...(ca !== undefined && { ca: readFileSync(ca) }),
      ...(cert !== undefined && { cert: readFileSync(cert) }),
      ...(key !== undefined && { key: readFileSync(key) }),
      ...(tls.REDIS_TLS_SERVERNAME !== undefined && { servername: tls.REDIS_TLS_SERVERNAME }),
    },
  };
}
