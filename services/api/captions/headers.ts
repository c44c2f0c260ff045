// The request headers that say how a picture is to be taken in.
import Type from 'typebox';

export const IntakeHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]{1,255}$',
      description:
        'Makes the request safe to repeat for 24 hours: the same key and body give the same answer’s caption, another body is refused.',
    }),
  ),
  'cache-control': Type.Optional(
    Type.String({ description: '`no-cache` does the work again where the caption is known.' }),
  ),
  prefer: Type.Optional(
    Type.String({ description: '`wait=N` waits up to N seconds for the end, at most 60.' }),
  ),
});
export type IntakeHeaders = Type.Static<typeof IntakeHeaders>;

/** @returns `fresh`: the client wants no answer from a cache */
export function readIntakeHeaders(headers: IntakeHeaders): {
  idempotencyKey: string | undefined;
  fresh: boolean;
} {
  return {
    idempotencyKey: headers['idempotency-key'],
    fresh: /(?:^|[,\s])no-cache(?:$|[,\s])/i.test(headers['cache-control'] ?? ''),
  };
}
