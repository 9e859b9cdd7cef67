/** Reads a response of server-sent events as a browser does. */
import { assert, vi } from "vitest"

/** The text of a complete response. */
export const textOf = async (url: string): Promise<string> => {
  const response = await fetch(url)
  assert.strictEqual(response.status, 200)
  return response.text()
}

/** Reads until the text appears, leaves, and waits until the model has lost its reader. */
export const leaveAfter = async (url: string, text: string, left: () => number): Promise<void> => {
  const before = left()
  const controller = new AbortController()
  const response = await fetch(url, { signal: controller.signal })
  const decoder = new TextDecoder()
  const reader = response.body!.getReader()
  let received = ""
  while (!received.includes(text)) {
    // oxlint-disable-next-line no-await-in-loop
    const { done, value } = await reader.read()
    assert.isFalse(done, received)
    received += decoder.decode(value, { stream: true })
  }
  controller.abort()
  await vi.waitFor(() => assert.strictEqual(left(), before + 1), 5_000)
}
