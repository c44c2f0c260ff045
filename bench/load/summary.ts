// What a ramp says of the service: by step, by stage before and beyond saturation, and how it ended.
import type { Caption } from '@caption-queue/contract/caption';
import type { Row } from '../table.ts';
import { percentile } from '../timing.ts';
import type { Arrival } from './arrivals.ts';

/** An arrival, and its caption at the end when it was accepted. */
export interface Outcome extends Arrival {
  caption?: Caption;
}

/** A row a step: what came, what became of it, and how long it took. */
export function toSteps(outcomes: Outcome[], stepMs: number): Row[] {
  const beganAt = outcomes[0]?.dueAt ?? 0;
  const completions = outcomes.flatMap(({ caption }) =>
    caption?.status === 'succeeded' ? [Date.parse(caption.completed_at as string)] : [],
  );
  return groupBy(outcomes, ({ rate }) => rate).map(([rate, group]) => {
    const fromMs = beganAt + (rate - 1) * stepMs;
    const lastMs = Math.max(...group.map(({ dueAt }) => dueAt));
    // The last step may have been cut short.
    const seconds = Math.min(stepMs, lastMs - fromMs) / 1000;
    const finished = completions.filter((at) => at >= fromMs && at < fromMs + seconds * 1000);
    const accepted = group.filter(({ status }) => status === 202);
    return {
      'arrivals a second': rate,
      arrived: group.length,
      accepted: accepted.length,
      'refused 429/503': group.filter(({ status }) => status === 429 || status === 503).length,
      other: group.filter(({ status }) => ![202, 429, 503].includes(status)).length,
      'captions a second': seconds > 1 ? finished.length / seconds : null,
      'answer p95 ms': percentile(
        group.map(({ answerMs }) => answerMs),
        0.95,
      ),
      'caption p95 ms': percentile(accepted.flatMap(totalMs), 0.95),
    };
  });
}

/** A row a stage, for the time before the first refusal and the time from then on. */
export function toStages(outcomes: Outcome[]): Row[] {
  const saturatedAt = outcomes.find(({ status }) => status !== 202)?.dueAt ?? Infinity;
  return [
    ['before saturation', outcomes.filter(({ dueAt }) => dueAt < saturatedAt)] as const,
    ['beyond', outcomes.filter(({ dueAt }) => dueAt >= saturatedAt)] as const,
  ].flatMap(([when, group]) => {
    const accepted = group.filter(({ status }) => status === 202);
    const refused = group.filter(({ status }) => status !== 202);
    const metric = (name: 'queue_ms' | 'encode_ms' | 'decode_ms') =>
      accepted.flatMap(({ caption }) => caption?.metrics[name] ?? []);
    const answer = ({ answerMs }: Outcome) => answerMs;
    return [
      toRow(when, 'answer 202', accepted.map(answer)),
      toRow(when, 'answer 429/503', refused.map(answer)),
      toRow(when, 'wait in both queues', metric('queue_ms')),
      toRow(when, 'encode', metric('encode_ms')),
      toRow(when, 'decode', metric('decode_ms')),
      toRow(when, 'from arrival to caption', accepted.flatMap(totalMs)),
    ].filter((row) => row.count !== 0);
  });
}

/** Each share of the CPU is of all cores, over the whole ramp. */
export function toTotals(run: {
  outcomes: Outcome[];
  lastArrivalAt: number;
  /** CPU time of the program that sends, until the last answer, in milliseconds. */
  generatorCpuMs: number;
  cores: number;
}): Row[] {
  const { outcomes, lastArrivalAt, generatorCpuMs, cores } = run;
  const accepted = outcomes.filter(({ status }) => status === 202);
  const ends = accepted.map(({ caption }) => Date.parse(caption?.completed_at ?? ''));
  const wallMs = lastArrivalAt - (outcomes[0]?.dueAt ?? 0);
  return [
    { what: 'accepted', value: accepted.length },
    {
      what: 'of them captioned',
      value: accepted.filter(({ caption }) => caption?.status === 'succeeded').length,
    },
    { what: 'refused', value: outcomes.length - accepted.length },
    { what: 'seconds until the queue was empty again', value: drainSeconds(ends, lastArrivalAt) },
    {
      what: 'arrivals sent late by more than 10 ms, %',
      value: (outcomes.filter(({ lateMs }) => lateMs > 10).length / outcomes.length) * 100,
    },
    { what: 'CPU share of the sender, %', value: (generatorCpuMs / wallMs / cores) * 100 },
  ];
}

function drainSeconds(ends: number[], lastArrivalAt: number): number {
  return Math.max(0, Math.max(...ends) - lastArrivalAt) / 1000;
}

function totalMs({ caption, dueAt }: Outcome): number[] {
  return caption?.completed_at ? [Date.parse(caption.completed_at) - dueAt] : [];
}

function toRow(when: string, stage: string, times: number[]): Row {
  return {
    when,
    stage,
    count: times.length,
    'p50 ms': percentile(times, 0.5),
    'p95 ms': percentile(times, 0.95),
    'p99 ms': percentile(times, 0.99),
  };
}

function groupBy<T>(items: T[], keyOf: (item: T) => number): [number, T[]][] {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups];
}
