// What Sphinx's search says, in Vietnamese; its own catalogue lacks most of it.
Documentation.addTranslations({
  locale: "vi",
  messages: {
    ", in ": ", trong ",
    "Preparing search...": "Đang chuẩn bị…",
    "Search Results": "Kết quả",
    "Search finished, found one page matching the search query.": ["Tìm thấy ${resultCount} trang."],
    "Search finished, found ${resultCount} pages matching the search query.": ["Tìm thấy ${resultCount} trang."],
    "Searching": "Đang tìm",
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.":
      "Không tìm thấy trang nào. Thử ít chữ hơn, hay một chữ khác.",
  },
  plural_expr: "0",
});
