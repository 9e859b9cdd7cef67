import { NodeContext } from "@effect/platform-node"
import { Layer } from "effect"
import { ObjectStore } from "effect-sagemaker-runtime"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** An object store that a suite tests. */
export interface TestedStore {
  readonly name: string
  /** The store in use. The suite expects no other objects in the buckets that it names. */
  readonly layer: Layer.Layer<ObjectStore.ObjectStore>
  /** Whether an object can have the key of another one with more segments: `a` and `a/b`. A file system cannot. */
  readonly nestsKeys: boolean
  /** Whether a key can have a segment `.` or `..`. An HTTP client removes it from a URL. */
  readonly keepsDotSegments: boolean
  /** Whether the store keeps content types. */
  readonly keepsContentTypes: boolean
}

/** A new folder that is removed with the scope of the layer. */
export const temporaryFolder = (): { readonly folder: string; readonly remove: () => void } => {
  const folder = mkdtempSync(join(tmpdir(), "object-store-"))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export const memoryStore: TestedStore = {
  name: "layerMemory",
  layer: ObjectStore.layerMemory,
  nestsKeys: true,
  keepsDotSegments: true,
  keepsContentTypes: true
}

/** A store in a folder. */
export const fileSystemStore = (folder: string): TestedStore => ({
  name: "layerFileSystem",
  layer: ObjectStore.layerFileSystem(folder).pipe(Layer.provide(NodeContext.layer)),
  nestsKeys: false,
  keepsDotSegments: true,
  keepsContentTypes: false
})
