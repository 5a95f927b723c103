# Makes proc.json: what pROC gives for the cases of cases.json (Debian: r-base-core,
# r-cran-proc).
#
#     Rscript src/evaluate/proc.R > src/evaluate/proc.json
suppressMessages(library(pROC))
text <- paste(readLines("src/evaluate/cases.json"), collapse = "")

# The lists called `name`, in their order; the file is written by Python's json.
lists <- function(name) {
  found <- regmatches(text, gregexpr(paste0('"', name, '": \\[[^]]*\\]'), text))[[1]]
  lapply(found, function(one) as.numeric(strsplit(sub('.*\\[([^]]*)\\]', "\\1", one), ",")[[1]]))
}
n <- function(x) format(x, digits = 17)
y <- lists("y"); x <- lists("x"); other <- lists("other")
cases <- sapply(seq_along(y), function(i) {
  of <- function(score) roc(y[[i]], score, levels = c(0, 1), direction = "<", quiet = TRUE)
  one <- of(x[[i]]); two <- of(other[[i]])
  test <- roc.test(one, two, method = "delong", paired = TRUE)
  # A partial area is another question; these are whole ones.
  paste0('{"auc": [', n(auc(one)), ", ", n(auc(two)), '], "se": [', n(sqrt(var(one))), ", ",
    n(sqrt(var(two))), '], "z": ', n(unname(test$statistic)), ', "p": ', n(test$p.value), "}")
})
cat(paste0('{"version": "', packageVersion("pROC"), '", "cases": [', paste(cases, collapse = ", "), "]}\n"))
