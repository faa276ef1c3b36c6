;;; closurelens.el --- closurelens in eglot and lsp-mode -*- lexical-binding: t; -*-

;; eglot has one server per buffer: this makes it closurelens. lsp-mode runs it beside rust-analyzer.

;;; Code:

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((rust-mode rust-ts-mode) . ("closurelens" "lsp"))))

(with-eval-after-load 'lsp-mode
  (lsp-register-client
   (make-lsp-client
    :new-connection (lsp-stdio-connection '("closurelens" "lsp"))
    :activation-fn (lsp-activate-on "rust")
    :server-id 'closurelens
    :add-on? t
    :priority -1)))

(provide 'closurelens)
;;; closurelens.el ends here
