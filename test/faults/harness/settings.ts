// How much each proof does: the short form belongs to every run of the tests, the long one is asked for.

export interface FaultSettings {
  /** Promise 1: pictures posted, and processes killed meanwhile. */
  uploads: number;
  kills: number;
  /** Promise 3: claims that the poison has already used up; each death takes seconds to be noticed. */
  claimsBefore: number;
  /** Promise 4: how long Redis is away, and how long it is silent, which connections take 8 s to notice. */
  outageMs: number;
  silenceMs: number;
  /** Promise 9: pictures that are damaged at random. */
  mutations: number;
  /** And the largest picture that is let in, which decides about memory. */
  maxPixels: number;
  /** Promise 11: how often every process is replaced under load. */
  rollingRounds: number;
  /** Histories that the model of the state machine tries. */
  histories: number;
  soakMs: number;
  /** For one test. */
  timeoutMs: number;
}

const short: FaultSettings = {
  uploads: 40,
  kills: 6,
  claimsBefore: 8,
  outageMs: 3_000,
  silenceMs: 10_000,
  mutations: 300,
  maxPixels: 25_000_000,
  rollingRounds: 1,
  histories: 25,
  soakMs: 8_000,
  timeoutMs: 300_000,
};

const long: FaultSettings = {
  uploads: 2_000,
  kills: 60,
  claimsBefore: 0,
  outageMs: 20_000,
  silenceMs: 20_000,
  mutations: 10_000,
  maxPixels: 100_000_000,
  rollingRounds: 10,
  histories: 1_000,
  soakMs: 30 * 60_000,
  timeoutMs: 60 * 60_000,
};

/** `npm run test:faults -- --long` sets FAULTS_LONG. */
export const settings: FaultSettings = process.env.FAULTS_LONG === '1' ? long : short;
