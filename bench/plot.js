/** Renders a bar chart as SVG. */
import { parse, View } from "vega"
import { compile } from "vega-lite"

export const plot = (values) => {
  const { spec } = compile({
    data: { values },
    title: "Client CPU time, relative to undici with a minimal signer",
    facet: { row: { field: "work", title: null, sort: null } },
    resolve: { scale: { x: "independent", y: "independent" } },
    spec: {
      width: 420,
      mark: { type: "bar", tooltip: false },
      encoding: {
        y: { field: "client", type: "nominal", title: null, sort: "x", axis: { labelLimit: 0 } },
        x: { field: "ratio", type: "quantitative", title: null },
        color: { condition: { test: "indexof(datum.client, 'effect') === 0", value: "#2563eb" }, value: "#9ca3af" }
      }
    },
    config: { background: "white" }
  })
  return new View(parse(spec), { renderer: "none" }).toSVG()
}
