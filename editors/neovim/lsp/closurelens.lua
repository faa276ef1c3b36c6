---@brief
---
--- closurelens explains Rust closures: the trait of each, what it captures and how.
--- Install it with `pipx install closurelens`, put this file on the runtime path as `lsp/closurelens.lua`,
--- and call `vim.lsp.enable('closurelens')` and `vim.lsp.inlay_hint.enable()`. It runs beside rust-analyzer.

---@type vim.lsp.Config
return {
  cmd = { 'closurelens', 'lsp' },
  filetypes = { 'rust' },
  root_markers = { 'Cargo.toml', '.git' },
  settings = {
    closurelens = {},
  },
}
