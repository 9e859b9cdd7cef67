/** The annotations of a message as source parts. */
import type * as Response from "@effect/ai/Response"
import * as Predicate from "effect/Predicate"

const toSource = (annotation: unknown): Response.UrlSourcePartEncoded | undefined => {
  const citation = Predicate.isRecord(annotation) ? annotation["url_citation"] : undefined
  if (!Predicate.isRecord(citation)) {
    return undefined
  }
  const { title, url, ...position } = citation
  return typeof url === "string" && URL.canParse(url)
    ? {
      type: "source",
      sourceType: "url",
      id: url,
      url,
      title: typeof title === "string" ? title : "",
      metadata: { sagemaker: position }
    }
    : undefined
}

/** One source for each citation of a web page. */
export const sourceParts = (annotations: unknown): ReadonlyArray<Response.UrlSourcePartEncoded> =>
  [annotations].flat().flatMap((annotation) => toSource(annotation) ?? [])
