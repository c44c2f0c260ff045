// The error whose message is meant for the person at the command line: one or two sentences, no stack trace.

export class TrainingError extends Error {
  override name = 'TrainingError';
}
