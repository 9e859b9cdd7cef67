module.exports = { testEnvironment: "node" }
