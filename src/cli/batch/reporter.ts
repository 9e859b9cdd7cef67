/** Shows the progress of a batch on standard error, until the batch ends. */
import type { Batch } from "effect-sagemaker-runtime"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { stderrColumns, writeError } from "../output/write.ts"
import type { Earlier } from "./files/existing.ts"
import { logLine, Meter, type Status, terminalLine } from "./progress.ts"

/** The counts of a batch. */
export interface Counts {
  /** Sets the rows that earlier runs have finished. */
  readonly setEarlier: (earlier: Earlier) => void
  /** Sets the progress of this run. */
  readonly setProgress: (progress: Batch.BatchProgress) => void
  /** Sets the number of rows of the input. */
  readonly setTotal: (total: number) => void
  /** Counts the attempts of a request. */
  readonly addAttempts: (attempts: number) => void
  /** Sets the exact numbers of rows, after the last one. */
  readonly setSummary: (summary: Batch.ResumableSummary) => void
  /** What the batch has done. */
  readonly status: () => Status
  /** The rows and requests of this run. */
  readonly ofRun: () => { readonly rows: number; readonly requests: number }
}

/** The throttled attempts of the client, whose layer has `Telemetry.metrics`. */
const throttledAttempts = (): number => {
  let throttles = 0
  for (const { metricKey, metricState } of Metric.unsafeSnapshot()) {
    if (metricKey.name === "sagemaker_runtime.throttles") {
      throttles += Number((metricState as { readonly count?: number | bigint }).count ?? 0)
    }
  }
  return throttles
}

/** Counts of a batch that has not started. */
export const makeCounts = (): Counts => {
  let total: number | undefined
  let retries = 0
  let before: Earlier = { rows: 0, failed: 0 }
  let latest = { rows: 0, failed: 0, concurrency: 0, requests: 0 }
  return {
    setEarlier: (earlier) => {
      before = earlier
    },
    setProgress: (progress) => {
      latest = progress
    },
    setTotal: (rows) => {
      total = rows
    },
    addAttempts: (attempts) => {
      retries += Math.max(0, attempts - 1)
    },
    setSummary: ({ failed, resumedRows, rows }) => {
      before = { rows: resumedRows, failed: failed - latest.failed }
      latest = { ...latest, rows: rows - resumedRows }
    },
    ofRun: () => ({ rows: latest.rows, requests: latest.requests }),
    status: () => ({
      rows: before.rows + latest.rows,
      failed: before.failed + latest.failed,
      concurrency: latest.concurrency,
      total,
      retries,
      throttles: throttledAttempts()
    })
  }
}

const clearLine = "\r\u001b[K"

/** A terminal shows the line five times per second, a log receives one every ten seconds. */
const intervals = { terminal: "200 millis", log: "10 seconds" } as const

/** Shows the progress while the scope is open. */
export const report = (counts: Counts): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const meter = new Meter()
    const isTerminal = stderrColumns() !== undefined
    const show = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const status = counts.status()
      const rate = meter.add(now, status.rows)
      const columns = stderrColumns()
      return writeError(
        columns === undefined ? `${logLine(status, rate)}\n` : clearLine + terminalLine(status, rate, columns)
      )
    })
    meter.add(yield* Clock.currentTimeMillis, counts.status().rows)
    if (isTerminal) {
      yield* Effect.addFinalizer(() => writeError(clearLine))
      yield* show
    }
    const interval = isTerminal ? intervals.terminal : intervals.log
    yield* Effect.forkScoped(Effect.zipRight(Effect.sleep(interval), Effect.repeat(show, Schedule.spaced(interval))))
  })
