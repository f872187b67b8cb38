// The kernels themselves are generated from the `.comp` files beside this one; see
// `Sources/CompileShaders` and `Docs/AddingAnOperation.md`.
