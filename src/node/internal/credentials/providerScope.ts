/**
 * Ends the processes and HTTP requests that AWS's credential providers start by themselves.
 *
 * AWS's providers do not accept an abort signal, and do not limit the size of a response. They run in an asynchronous
 * context that carries the signal. The process and the requests that start in this context follow it.
 */
import { externalDataInterceptor } from "@smithy/core/config"
import { AsyncLocalStorage } from "node:async_hooks"
import { exec } from "node:child_process"
import { subscribe } from "node:diagnostics_channel"
import type { ClientRequest, IncomingMessage } from "node:http"
import { promisify } from "node:util"
import { lazy } from "../../../protocol/function/lazy.ts"
import { runCredentialProcess } from "./credentialProcess.ts"
import { maxResponseBytes } from "./maxResponseBytes.ts"

const currentSignal = new AsyncLocalStorage<AbortSignal>()

const abortRequest = (message: unknown): void => {
  const signal = currentSignal.getStore()
  if (signal !== undefined) {
    const { request } = message as { readonly request: ClientRequest }
    const abort = () => request.destroy(new Error("The request was aborted"))
    if (signal.aborted) {
      abort()
    }
    signal.addEventListener("abort", abort)
    request.once("close", () => signal.removeEventListener("abort", abort))
  }
}

const limitResponse = (message: unknown): void => {
  if (currentSignal.getStore() !== undefined) {
    const { response } = message as { readonly response: IncomingMessage }
    const push = response.push.bind(response)
    let size = 0
    response.push = (chunk: Uint8Array | null, encoding) => {
      size += chunk === null ? 0 : chunk.length
      if (size <= maxResponseBytes) {
        return push(chunk, encoding)
      }
      response.destroy(new Error("The response is too large"))
      return false
    }
  }
}

interface Exec {
  (command: string): unknown
  readonly [promisify.custom]?: (command: string) => Promise<{ readonly stdout: string }>
}

/** AWS's provider for `credential_process` takes its `exec` function from this record. */
const interceptExec = (): void => {
  const previous: Exec = externalDataInterceptor.getTokenRecord()["exec"] ?? exec
  const execPrevious = promisify(previous as typeof exec)
  const intercepted: Exec = Object.assign((command: string) => previous(command), {
    [promisify.custom]: (command: string) => {
      const signal = currentSignal.getStore()
      return signal === undefined ? execPrevious(command) : runCredentialProcess(command, signal)
    }
  })
  externalDataInterceptor.interceptToken("exec", intercepted)
}

const intercept = lazy(() => {
  subscribe("http.client.request.start", abortRequest)
  subscribe("http.client.response.finish", limitResponse)
  interceptExec()
  return true
})

export type RunProvider = typeof runProvider

/** Runs an AWS provider. Aborting the signal ends the process and the HTTP requests that it has started. */
export const runProvider = <A>(signal: AbortSignal, provider: () => Promise<A>): Promise<A> => {
  intercept()
  return currentSignal.run(signal, provider)
}
