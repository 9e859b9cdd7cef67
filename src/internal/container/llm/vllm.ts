/** vLLM. Source: `entrypoints/sagemaker`, `entrypoints/openai` and `entrypoints/pooling` of vLLM. */
import * as Schema from "effect/Schema"
import * as Chat from "../../../Chat.ts"
import * as Codec from "../../../Codec.ts"
import type { VllmEndpoint } from "../../../Container.ts"
import type { ModelEndpointOptions } from "../../../ModelEndpoint.ts"
import { lazy } from "../../../protocol/function/lazy.ts"
import { nullish, open } from "../../schema/fields.ts"
import { lazySchema } from "../../schema/lazySchema.ts"
import { completionsOf } from "./completions.ts"
import { oneOrMany, textOrTokens } from "./members.ts"
import { modelsOf } from "./models.ts"

const poolingOptions = lazy(() => ({
  /** The name of the model. vLLM rejects any name but its own. Default: the model of the container. */
  model: nullish(Schema.String),
  /** Truncates each input to this many tokens. -1 means the limit of the model. Default: longer inputs fail. */
  truncate_prompt_tokens: nullish(Schema.Number),
  /** The priority of the request. Lower values are handled earlier. Default: 0. */
  priority: nullish(Schema.Number)
}))

const activation = lazy(() => ({
  /** Whether to apply the activation function of the model, such as softmax. Default: that of the model. */
  use_activation: nullish(Schema.Boolean)
}))

const input = {
  /** The text, or several texts. vLLM also accepts token IDs. */
  input: textOrTokens
}

const messages = lazy(() => ({
  /** A conversation, for a model with a chat template. Its parts can have images. */
  messages: Schema.Array(Chat.ChatMessage)
}))

const list = lazy(() => ({
  /** The ID of the response. */
  id: nullish(Schema.String),
  /** The type of the response: `list`. */
  object: nullish(Schema.String),
  /** When the response was created, in seconds since 1970. */
  created: nullish(Schema.Number),
  /** The name of the model. */
  model: nullish(Schema.String),
  /** How many tokens the request used. */
  usage: nullish(Chat.ChatUsage)
}))

const index = lazy(() => ({
  /** The index of the input. */
  index: Schema.Number
}))

export const classifyRequest = lazySchema(() =>
  Schema.Union(
    open({ ...input, ...poolingOptions(), ...activation() }),
    open({ ...messages(), ...poolingOptions(), ...activation() })
  )
)

export const classifyResponse = lazySchema(() =>
  open({
    ...list(),
    /** The class of each input. */
    data: Schema.Array(
      open({
        ...index(),
        /** The name of the most probable class. `null` if the model has no names. */
        label: nullish(Schema.String),
        /** The probability of each class. */
        probs: Schema.Array(Schema.NullOr(Schema.Number)),
        /** How many classes the model has. */
        num_classes: nullish(Schema.Number)
      })
    )
  })
)

const scoreInput = lazySchema(() =>
  Schema.Union(
    Schema.String,
    open({
      /** Text, image and video parts, in the format of a chat message. */
      content: Schema.Array(Schema.Object)
    })
  )
)

const scoreInputs = lazySchema(() => oneOrMany(scoreInput))

const scoreOptions = { ...poolingOptions(), ...activation() }

export const scoreRequest = lazySchema(() =>
  Schema.Union(
    open({
      /** A text, or one text for each of `text_2`. */
      text_1: scoreInputs,
      /** The text or the texts to compare with `text_1`. */
      text_2: scoreInputs,
      ...scoreOptions
    }),
    open({
      /** A query, or one query for each of the documents. */
      queries: scoreInputs,
      /** The document or the documents to compare with the queries. */
      documents: scoreInputs,
      ...scoreOptions
    }),
    open({
      /** An input, or one input for each of `data_2`. */
      data_1: scoreInputs,
      /** The input or the inputs to compare with `data_1`. */
      data_2: scoreInputs,
      ...scoreOptions
    })
  )
)

export const scoreResponse = lazySchema(() =>
  open({
    ...list(),
    /** The score of each pair. */
    data: Schema.Array(
      open({
        ...index(),
        /** The similarity of the pair. */
        score: Schema.NullOr(Schema.Number),
        /** The type of the element: `score`. */
        object: nullish(Schema.String)
      })
    )
  })
)

export const rerankRequest = lazySchema(() =>
  open({
    /** The query. */
    query: scoreInput,
    /** The documents to sort by their relevance to the query. */
    documents: scoreInputs,
    /** How many of the most relevant documents to return. Default: 0, all of them. */
    top_n: nullish(Schema.Number),
    ...scoreOptions
  })
)

export const rerankResponse = lazySchema(() =>
  open({
    /** The ID of the response. */
    id: nullish(Schema.String),
    /** The name of the model. */
    model: nullish(Schema.String),
    /** How many tokens the request used. */
    usage: nullish(Chat.ChatUsage),
    /** The documents, the most relevant one first. */
    results: Schema.Array(
      open({
        /** The index of the document in the request. */
        index: Schema.Number,
        /** The relevance of the document. */
        relevance_score: Schema.NullOr(Schema.Number),
        /** The document. */
        document: nullish(
          open({
            /** The text of the document. */
            text: nullish(Schema.String),
            /** The parts of a document with images or videos. */
            multi_modal: Schema.optional(Schema.Unknown)
          })
        )
      })
    )
  })
)

const poolingTask = lazy(() => ({
  /** The task of the pooler, for example `token_embed`. Default: that of the model. */
  task: nullish(Schema.String),
  /** How numbers are encoded. Default: `float`. */
  encoding_format: nullish(Schema.Literal("float", "base64")),
  /** The number of dimensions, for models that support several. */
  dimensions: nullish(Schema.Number)
}))

export const poolingRequest = lazySchema(() =>
  Schema.Union(
    open({ ...input, ...poolingOptions(), ...poolingTask(), ...activation() }),
    open({ ...messages(), ...poolingOptions(), ...poolingTask(), ...activation() })
  )
)

const numbers = lazySchema(() => Schema.Array(Schema.NullOr(Schema.Number)))

export const poolingResponse = lazySchema(() =>
  open({
    ...list(),
    /** The hidden states of each input. */
    data: Schema.Array(
      open({
        ...index(),
        /** The type of the element: `pooling`. */
        object: nullish(Schema.String),
        /** A vector, a vector of each token, or the base64 text of `float32` numbers. */
        data: Schema.Union(Schema.String, numbers, Schema.Array(numbers))
      })
    )
  })
)

export const vllm = (name: string, options?: ModelEndpointOptions): VllmEndpoint => {
  const models = modelsOf(name, options)
  return {
    name,
    chat: models.chat,
    completions: completionsOf(models),
    embeddings: models.embeddings("openAi"),
    classify: models.make({
      request: Codec.json(classifyRequest),
      response: Codec.json(classifyResponse, { nonFinite: true })
    }),
    score: models.make({ request: Codec.json(scoreRequest), response: Codec.json(scoreResponse, { nonFinite: true }) }),
    rerank: models.make({
      request: Codec.json(rerankRequest),
      response: Codec.json(rerankResponse, { nonFinite: true })
    }),
    pooling: models.make({
      request: Codec.json(poolingRequest),
      response: Codec.json(poolingResponse, { nonFinite: true })
    })
  }
}
