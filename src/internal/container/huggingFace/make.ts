/** Hugging Face's containers: one typed model per task. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { HuggingFaceEndpoint, HuggingFaceTask } from "../../../container/HuggingFace.ts"
import * as ModelEndpoint from "../../../ModelEndpoint.ts"
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

export const huggingFace = <Task extends HuggingFaceTask>(
  name: string,
  task: Task,
  options?: ModelEndpoint.ModelEndpointOptions
): HuggingFaceEndpoint<Task> => {
  const codecs = { request: requestCodec<unknown>(fileKindOf(task)), response: wireJson(responseOf(task)) }
  const model = Either.match(readOptions(options, "options"), {
    onLeft: () => ModelEndpoint.make(name, options as typeof codecs),
    onRight: (members) => ModelEndpoint.make(name, { ...members, ...codecs })
  })
  return { ...model, task } as unknown as HuggingFaceEndpoint<Task>
}
