// What the MAX drop-in answers, for the description of the API.
import Type from 'typebox';
import { jsonResponse, problemResponses } from '../../http/openapi.ts';

const Prediction = Type.Object({
  index: Type.String({ description: 'Rank, from "0".' }),
  caption: Type.String(),
  probability: Type.Number({ description: 'Of the whole sentence.' }),
});
export const Predictions = Type.Object({
  status: Type.Literal('ok'),
  predictions: Type.Array(Prediction, { description: 'Best first.' }),
});

/** Best first by the number that is shown: the model's own order weighs length as well. */
export function rank(alternatives: readonly { caption: string; log_prob: number }[]) {
  return alternatives
    .toSorted((a, b) => b.log_prob - a.log_prob)
    .map(({ caption, log_prob }, index) => ({
      index: String(index),
      caption,
      probability: Math.exp(log_prob),
    }));
}

export const Metadata = Type.Object({
  id: Type.String(),
  name: Type.String(),
  description: Type.String(),
  type: Type.String(),
  source: Type.String(),
  license: Type.String(),
});
const Failure = Type.Object({
  message: Type.String(),
  errors: Type.Optional(Type.Record(Type.String(), Type.String())),
});

export const failures = {
  ...Object.fromEntries(
    Object.entries({
      400: 'No picture, or none that can be read.',
      401: 'A key is needed.',
      403: 'The key, the host name or the calling page may not do this.',
      413: 'The picture is too large.',
      415: 'The body is compressed.',
      429: 'Too many requests with this key.',
      500: 'The picture could not be captioned.',
      503: 'The queue is full or cannot be reached, or the picture’s turn did not come within 60 s; nothing of it stays in the queue.',
    }).map(([status, description]) => [status, jsonResponse(description, Failure)]),
  ),
  // Not in MAX's shape: the server gives up before it looks for a route.
  ...problemResponses('request_timeout'),
};

/** Those that have nothing to do with a picture. */
export const accessFailures = Object.fromEntries(
  Object.entries(failures).filter(([status]) => ['401', '403', '429', '503'].includes(status)),
);
