/** Meanings of error codes on Node and compatible runtimes. */
import { type CodeMeaning, meaning } from "../../../protocol/error/codeMeaning.ts"

export const proxyDenied = meaning("connect", false, "never")
export const untrusted = meaning("tls", false, "never")
export const tlsFailed = meaning("tls", true, "never")
export const invalidResponse = meaning("protocol", true, "never")

export const withDetail = (detail: string): CodeMeaning => ({ ...invalidResponse, detail })

export const invalidContentCoding = withDetail("its content encoding is invalid or incomplete")
