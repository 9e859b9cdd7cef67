/** Hugging Face's containers: one typed model per task. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Codec } from "../../../Codec.ts"
import type { HuggingFaceEndpoint, HuggingFaceTask } from "../../../container/HuggingFace.ts"
import * as ModelEndpoint from "../../../ModelEndpoint.ts"
import { type ModelKind, ofLanguageModel } from "../../modelEndpoint/modelKind.ts"
import { generationUsage } from "../../modelEndpoint/modelUsage.ts"
import { readOptions } from "../../operation/readMembers.ts"
import { wireJson } from "../wireJson.ts"
import { type FileKind, requestCodec } from "./requests.ts"
import { responses } from "./responses.ts"

const fileKindOf = (task: string): FileKind => {
  if (task.includes("audio") || task.includes("speech")) {
    return "audio"
  }
  return task.includes("image") || task.includes("object-detection") ? "image" : undefined
}

/** The schema of a task's responses. A task that the types do not have is accepted, with any response. */
const responseOf = (task: string): Schema.Schema<unknown> => {
  const name = task.startsWith("translation_") ? "translation" : task
  return Object.hasOwn(responses, name)
    ? responses[name as keyof typeof responses] as Schema.Schema<unknown>
    : Schema.Unknown
}

const kinds: { readonly [Task in HuggingFaceTask]?: ModelKind<never> } = {
  "text-generation": { operation: "text_completion", usageOf: generationUsage },
  "text2text-generation": { operation: "text_completion", usageOf: generationUsage },
  "feature-extraction": { operation: "embeddings", usageOf: () => ({}) },
  "sentence-embeddings": { operation: "embeddings", usageOf: () => ({}) }
}

const responseCodec = (task: HuggingFaceTask): Codec<unknown> => {
  const codec = wireJson(responseOf(task))
  const kind = Object.hasOwn(kinds, task) ? kinds[task] as ModelKind<unknown> | undefined : undefined
  return kind === undefined ? codec : ofLanguageModel(kind, codec)
}

export const huggingFace = <Task extends HuggingFaceTask>(
  name: string,
  task: Task,
  options?: ModelEndpoint.ModelEndpointOptions
): HuggingFaceEndpoint<Task> => {
  const codecs = { request: requestCodec<unknown>(fileKindOf(task)), response: responseCodec(task) }
  const model = Either.match(readOptions(options, "options"), {
    onLeft: () => ModelEndpoint.make(name, options as typeof codecs),
    onRight: (members) => ModelEndpoint.make(name, { ...members, ...codecs })
  })
  return { ...model, task } as unknown as HuggingFaceEndpoint<Task>
}
