-- Run by test_neovim.py: nvim --headless -u NONE -l neovim.lua FOLDER_OF_OUR_SETTINGS FILE WITH_RUST_ANALYZER STEPS
-- Prints what a user would see, one line `@name JSON` each. Lines and columns start at 0.
local settings, file, with_analyzer, steps = unpack(_G.arg)
local function tell(name, value) io.write('\n@' .. name .. ' ' .. vim.json.encode(value) .. '\n') end
local function lines() return vim.api.nvim_buf_get_lines(0, 0, -1, false) end

vim.opt.runtimepath:prepend(settings)
vim.o.swapfile = false
vim.o.columns, vim.o.lines = 160, 60
vim.cmd('filetype plugin on') -- -u NONE leaves it off
vim.lsp.enable('closurelens')
if with_analyzer == 'yes' then
  vim.lsp.config('rust_analyzer', { cmd = { 'rust-analyzer' }, filetypes = { 'rust' }, root_markers = { 'Cargo.toml' } })
  vim.lsp.enable('rust_analyzer')
end
vim.lsp.inlay_hint.enable()
vim.cmd.edit(file)
local buffer = vim.api.nvim_get_current_buf()
local wanted = with_analyzer == 'yes' and 2 or 1

-- What is drawn, and not what the servers answered: marks that the decoration provider makes when the screen is drawn.
local function drawn()
  vim.cmd('redraw!')
  local found = {}
  for name, space in pairs(vim.api.nvim_get_namespaces()) do
    if name:find('inlay') then
      for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buffer, space, 0, -1, { details = true })) do
        local text = ''
        for _, chunk in ipairs(mark[4].virt_text or {}) do text = text .. chunk[1] end
        found[#found + 1] = { mark[2], mark[3], text }
      end
    end
  end
  table.sort(found, function(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end)
  return found
end
local function has(text, line)
  for _, hint in ipairs(drawn()) do
    if hint[3] == text and (line == nil or hint[1] == line) then return true end
  end
  return false
end
local function await(seconds, condition) return vim.wait(seconds * 1000, condition, 50) end
-- Scroll through the file: only the lines of the window are drawn.
local function scrolled()
  local found, seen = {}, {}
  for line = 1, #lines(), 20 do
    vim.api.nvim_win_set_cursor(0, { line, 0 })
    vim.cmd('normal! zt')
    vim.wait(50)
    for _, hint in ipairs(drawn()) do
      local key = table.concat(hint, ':')
      if not seen[key] then seen[key] = true; found[#found + 1] = hint end
    end
  end
  table.sort(found, function(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end)
  return found
end

await(30, function()
  local ready = 0
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buffer })) do if client.initialized then ready = ready + 1 end end
  return ready == wanted
end)
local names, roots = {}, {}
for _, client in ipairs(vim.lsp.get_clients({ bufnr = buffer })) do
  names[#names + 1] = client.name
  roots[client.name] = client.root_dir
end
table.sort(names)
tell('clients', names)
tell('roots', roots)

if steps == 'scroll' then
  await(30, function() return #drawn() > 0 end)
  tell('hints', scrolled())
  vim.cmd('qall!')
end

await(30, function() return has(': Fn', 4) end)
if with_analyzer == 'yes' then
  -- Neovim draws a late answer of a second server only with the next one (neovim#36318): ask for what it has.
  await(120, function()
    for _, hint in ipairs(vim.lsp.inlay_hint.get({ bufnr = buffer })) do
      if vim.lsp.get_client_by_id(hint.client_id).name == 'rust_analyzer' then return true end
    end
  end)
end
tell('hints', drawn())

-- Typing, with keys: the closure uses one more variable, behind a character that is long in every encoding.
vim.api.nvim_win_set_cursor(0, { 4, 0 })
vim.api.nvim_feedkeys(vim.keycode('olet c = 2;<Esc>j$i + /* 🦀é */ c<Esc>'), 'xt', false)
await(20, function() return has('move(&a, &c) ') end)
tell('typed', { line = vim.api.nvim_buf_get_lines(0, 5, 6, false)[1], hints = drawn() })
vim.cmd('silent write')
vim.wait(500)
tell('saved', drawn())

-- Hover, as `K` shows it.
local function hover(row, text)
  local column = vim.api.nvim_buf_get_lines(0, row - 1, row, false)[1]:find(text, 1, true)
  vim.api.nvim_win_set_cursor(0, { row, column - 1 })
  vim.lsp.buf.hover()
  local shown
  await(15, function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= '' then
        shown = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '\n')
        return true
      end
    end
  end)
  vim.cmd('fclose!')
  return shown
end
local function row_of(text)
  for row, line in ipairs(lines()) do if line:find(text, 1, true) then return row end end
end
tell('hover', hover(row_of('let x = || {'), '|'))

-- The action, as the menu's function offers and applies it.
local row = row_of('let f = |x|')
vim.api.nvim_win_set_cursor(0, { row, 12 })
local offered = {}
vim.lsp.buf.code_action({
  filter = function(action) offered[#offered + 1] = action.title; return action.title == 'Add `move`' end,
  apply = true,
})
local function line() return vim.api.nvim_buf_get_lines(0, row - 1, row, false)[1] end
await(15, function() return line():find('move |x|', 1, true) end)
tell('action', { offered = offered, line = line() })
await(20, function() return has('(a, c)') end)
tell('after', drawn())
tell('messages', vim.split(vim.fn.execute('messages'), '\n'))
vim.cmd('qall!')
