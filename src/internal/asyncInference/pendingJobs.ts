/** The jobs without a result, by the locations and IDs that identify them. */
import * as Equal from "effect/Equal"
import type { CompletionStatus, Job } from "../../AsyncInference.ts"
import type { ResultSpan } from "./tracing/spans.ts"

/** A job that waits for its result. */
export interface PendingJob {
  readonly job: Job
  /** Since when the job is waited for, on the monotonic clock, in milliseconds. */
  readonly since: number
  /** When the job times out, on the monotonic clock, in milliseconds. */
  readonly deadline: number
  /** Whether the store is polled for the job even though notifications report results. */
  isPolled: boolean
  /** How many polls checked the objects of this job one by one. */
  checks: number
  /** The span of the wait, if a tracer records it. */
  readonly span: ResultSpan | undefined
}

/** Where a job's output or failure can appear. */
export interface AwaitedObject {
  readonly pending: PendingJob
  readonly location: string
}

const add = (index: Map<string, Set<PendingJob>>, key: string, pending: PendingJob): void => {
  const jobs = index.get(key) ?? new Set()
  index.set(key, jobs.add(pending))
}

const remove = (index: Map<string, Set<PendingJob>>, key: string, pending: PendingJob): void => {
  const jobs = index.get(key)
  jobs?.delete(pending)
  if (jobs?.size === 0) {
    index.delete(key)
  }
}

/** Whether a notification can be about a job. Requests to several endpoints can have the same ID. */
const isOfEndpoint = ({ endpoint }: CompletionStatus, job: Job): boolean =>
  endpoint === undefined || endpoint === job.endpoint

/** How many notifications are kept: the latest ones. */
const maxReported = 10_000

/** A notification, and the job that it was about, once that is known. */
interface Report {
  readonly completion: CompletionStatus
  readonly job: Job | undefined
}

const reportKey = (endpoint: string | undefined, inferenceId: string): string => `${endpoint ?? ""}/${inferenceId}`

const isDuplicate = (first: CompletionStatus, second: CompletionStatus): boolean =>
  first.status === second.status && first.outputLocation === second.outputLocation &&
  first.failureReason === second.failureReason

/**
 * Notifications for jobs that are added later. A job can be added several times, but a request that is sent again with
 * the same ID is another job.
 */
export class ReportedJobs {
  readonly #reports = new Map<string, Report>()

  add(completion: CompletionStatus, job: Job | undefined): void {
    const key = reportKey(completion.endpoint, completion.inferenceId)
    const known = this.#reports.get(key)
    const isKnown = job === undefined && known !== undefined && isDuplicate(known.completion, completion)
    this.#set(key, { completion, job: isKnown ? known.job : job })
  }

  /** The notification about a job. */
  take(job: Job): CompletionStatus | undefined {
    for (const endpoint of [job.endpoint, undefined]) {
      const key = reportKey(endpoint, job.inferenceId)
      const report = this.#reports.get(key)
      if (report !== undefined && (report.job === undefined || Equal.equals(report.job, job))) {
        this.#set(key, { completion: report.completion, job })
        return report.completion
      }
    }
    return undefined
  }

  clear(): void {
    this.#reports.clear()
  }

  #set(key: string, report: Report): void {
    this.#reports.delete(key)
    this.#reports.set(key, report)
    const [oldest] = this.#reports.keys()
    if (this.#reports.size > maxReported && oldest !== undefined) {
      this.#reports.delete(oldest)
    }
  }
}

/** A set of jobs. The same job can be in it several times, as several pending jobs. */
export class PendingJobs {
  readonly #all = new Set<PendingJob>()
  readonly #byOutput = new Map<string, Set<PendingJob>>()
  readonly #byId = new Map<string, Set<PendingJob>>()

  get size(): number {
    return this.#all.size
  }

  get all(): ReadonlyArray<PendingJob> {
    return [...this.#all]
  }

  /** The earliest deadline, or `Infinity`. */
  get nextDeadline(): number {
    let earliest = Infinity
    for (const { deadline } of this.#all) {
      earliest = Math.min(earliest, deadline)
    }
    return earliest
  }

  add(pending: PendingJob): void {
    this.#all.add(pending)
    add(this.#byOutput, pending.job.outputLocation, pending)
    add(this.#byId, pending.job.inferenceId, pending)
  }

  /** Removes a job. False if it is no longer pending. */
  remove(pending: PendingJob): boolean {
    remove(this.#byOutput, pending.job.outputLocation, pending)
    remove(this.#byId, pending.job.inferenceId, pending)
    return this.#all.delete(pending)
  }

  /** The jobs that a notification can be about: by location if it has one, else by ID and endpoint. */
  matching(completion: CompletionStatus): ReadonlyArray<PendingJob> {
    const { inferenceId, outputLocation } = completion
    const jobs = outputLocation === undefined ? undefined : this.#byOutput.get(outputLocation)
    return [...jobs ?? this.#byId.get(inferenceId) ?? []].filter(({ job }) => isOfEndpoint(completion, job))
  }
}
