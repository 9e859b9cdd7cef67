/** Looks for the results of many jobs with few requests: lists the folders of their results. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ObjectStoreService } from "../../ObjectStore.ts"
import type { ObjectStoreError } from "../../SageMakerError.ts"
import type { AwaitedObject, PendingJob } from "./pendingJobs.ts"

/** How many folders are listed at the same time. */
const listConcurrency = 4

/** How many objects are checked at the same time. */
const headConcurrency = 8

/** How many objects are checked one by one in a poll. Objects of jobs whose deadline has passed are not counted. */
const maxChecksPerPoll = 100

/** A page of a list. */
const pageLength = 1_000

/** Errors of one folder or object, such as a location that is not valid. Other jobs can have results. */
const isLocal = ({ reason }: ObjectStoreError): boolean => reason === "other" || reason === "not-found"

/** The objects that are awaited in a folder, by location. */
type Folder = Map<string, Array<PendingJob>>

const folderOf = (location: string): string => location.slice(0, location.lastIndexOf("/") + 1)

const awaitedObjects = (pending: PendingJob): ReadonlyArray<AwaitedObject> =>
  [pending.job.outputLocation, pending.job.failureLocation].flatMap((location) =>
    location === undefined ? [] : [{ pending, location }]
  )

const groupByFolder = (jobs: ReadonlyArray<PendingJob>): ReadonlyMap<string, Folder> => {
  const folders = new Map<string, Folder>()
  for (const { location, pending } of jobs.flatMap(awaitedObjects)) {
    const folder = folders.get(folderOf(location)) ?? new Map<string, Array<PendingJob>>()
    folders.set(folderOf(location), folder)
    folder.set(location, [...folder.get(location) ?? [], pending])
  }
  return folders
}

const objectsOf = (folder: Folder): ReadonlyArray<AwaitedObject> =>
  [...folder].flatMap(([location, jobs]) => jobs.map((pending) => ({ location, pending })))

/** How many objects a list may have: a quarter of the requests of checking the objects one by one. */
const maxListed = (folder: Folder): number => pageLength * Math.max(1, Math.floor(folder.size / 4))

/** Polls a store for many jobs. */
export class SharedPolling {
  readonly #store: ObjectStoreService
  /** Folders with more objects than this were not listed to the end. */
  readonly #tooLong = new Map<string, number>()

  constructor(store: ObjectStoreService) {
    this.#store = store
  }

  /** Calls `onFound` for each job whose output or failure is in the store. */
  poll(
    jobs: ReadonlyArray<PendingJob>,
    now: number,
    onFound: (pending: PendingJob) => void
  ): Effect.Effect<void, ObjectStoreError> {
    const folders = [...groupByFolder(jobs)]
    const [checked, listed] = Arr.partition(folders, ([prefix, folder]) => this.#isListed(prefix, folder))
    return Effect.gen(this, function*() {
      const notListed = yield* Effect.forEach(
        listed,
        ([prefix, folder]) =>
          Effect.catchIf(this.#list(prefix, folder, onFound), isLocal, () => this.#probe(prefix, folder, onFound)),
        { concurrency: listConcurrency }
      )
      const objects = [...checked.map(([, folder]) => folder), ...notListed].flatMap(objectsOf)
      yield* this.#check(objects, now, onFound)
    })
  }

  #isListed(prefix: string, folder: Folder): boolean {
    return folder.size > 1 && maxListed(folder) > (this.#tooLong.get(prefix) ?? 0)
  }

  /** Lists a folder. Returns the objects that must be checked one by one, because the folder has too many others. */
  #list(
    prefix: string,
    folder: Folder,
    onFound: (pending: PendingJob) => void
  ): Effect.Effect<Folder, ObjectStoreError> {
    const limit = maxListed(folder)
    const absent = new Map(folder)
    let listed = 0
    return this.#store.list(prefix).pipe(
      Stream.takeWhile(({ location }) => {
        listed += 1
        absent.get(location)?.forEach(onFound)
        absent.delete(location)
        return absent.size > 0 && listed < limit
      }),
      Stream.runDrain,
      Effect.map((): Folder => {
        if (listed < limit) {
          return new Map()
        }
        this.#tooLong.set(prefix, limit)
        return absent
      })
    )
  }

  /**
   * Checks one object of a folder that cannot be listed. If that is an error too, reading the results reports it for each
   * job. Otherwise returns the objects, which are checked one by one from now on.
   */
  #probe(
    prefix: string,
    folder: Folder,
    onFound: (pending: PendingJob) => void
  ): Effect.Effect<Folder, ObjectStoreError> {
    const [location = ""] = folder.keys()
    return this.#store.head(location).pipe(
      Effect.catchIf(({ reason }) => reason === "not-found", () => Effect.void),
      Effect.map(() => {
        this.#tooLong.set(prefix, Infinity)
        return folder
      }),
      Effect.catchIf(isLocal, () =>
        Effect.sync((): Folder => {
          folder.forEach((jobs) => jobs.forEach(onFound))
          return new Map()
        }))
    )
  }

  #check(
    objects: ReadonlyArray<AwaitedObject>,
    now: number,
    onFound: (pending: PendingJob) => void
  ): Effect.Effect<void, ObjectStoreError> {
    const [others, due] = Arr.partition(objects, ({ pending }) => pending.deadline <= now)
    const next = others.toSorted((first, second) => first.pending.checks - second.pending.checks)
    return Effect.forEach(
      [...due, ...next.slice(0, maxChecksPerPoll)],
      ({ location, pending }) => {
        pending.checks += 1
        return this.#store.head(location).pipe(
          Effect.map(() => onFound(pending)),
          Effect.catchIf(
            isLocal,
            ({ reason }) => reason === "other" ? Effect.sync(() => onFound(pending)) : Effect.void
          )
        )
      },
      { concurrency: headConcurrency, discard: true }
    )
  }
}
