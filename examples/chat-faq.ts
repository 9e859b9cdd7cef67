import { readFileSync } from "node:fs"
import type { ItemToken } from "wink-nlp"
import { its, readDoc, stemsOf } from "./language.ts"

type Entry = { readonly questions: ReadonlyArray<string>; readonly answer: string }

const alsoAskedAs = "Also asked as: "

const entryOf = (section: string): Entry => {
  const paragraphs = section.trim().split(/\n+/)
  const [question = "", ...others] = paragraphs
  const variants = others.find((paragraph) => paragraph.startsWith(alsoAskedAs)) ?? ""
  return {
    questions: [question, ...(variants.slice(alsoAskedAs.length).match(/[^?]+\?/g) ?? [])],
    answer: others.filter((paragraph) => paragraph !== variants).join(" ")
  }
}

export const faq = readFileSync("examples/chat-faq.md", "utf8").split(/^## /m).slice(1).map(entryOf)

const generic = new Set("get happen make need set use want work".split(" "))

const keywordsOf = (text: string): ReadonlySet<string> => {
  const isKeyword = (token: ItemToken) =>
    token.out(its.type) === "word" && token.out(its.stopWordFlag) !== true && !generic.has(token.out())
  return stemsOf(readDoc(text.toLowerCase()).tokens().filter(isKeyword))
}

/** Returns a function that finds the answer to the known question that is most similar to another question. */
export const answerFrom = (entries: ReadonlyArray<Entry>) => {
  const known = entries.flatMap(({ answer, questions }) =>
    questions.map((question) => ({ answer, words: keywordsOf(question) }))
  )
  const rarity = (word: string) =>
    Math.log(1 + known.length / (1 + known.filter(({ words }) => words.has(word)).length))
  const weight = (words: Iterable<string>) => [...words].reduce((sum, word) => sum + rarity(word), 0)

  return (question: string): string | undefined => {
    const asked = keywordsOf(question)
    const scored = known.map(({ answer, words }) => {
      const shared = weight([...asked].filter((word) => words.has(word)))
      return { answer, similarity: 2 * shared / (1 + weight(asked) + weight(words)) }
    })
    const [best] = scored.toSorted((one, other) => other.similarity - one.similarity)
    return best !== undefined && best.similarity > 0.4 ? best.answer : undefined
  }
}
