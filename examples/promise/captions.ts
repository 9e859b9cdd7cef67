import { Stream } from "effect"
import type { Client } from "effect-sagemaker-runtime/promise"
import { transcribe } from "../voice.ts"
import { client } from "./score.ts"

export async function* captions(audio: AsyncIterable<Uint8Array>, options?: Client.RunOptions) {
  const transcripts = transcribe(Stream.fromAsyncIterable(audio, (cause) => cause))
  for await (const { text } of client.iterate(transcripts, options)) {
    yield text
  }
}
