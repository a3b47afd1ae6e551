"""The codes of what is wrong with a file as a file, before anything in it is looked at."""

from __future__ import annotations

from typing import Final

from geoplan.intake.findings import Code

NO_PRJ: Final = Code(
    "FILE-01",
    "warning",
    ("Không ghi hệ tọa độ", "No coordinate system stated"),
    (
        "Chạy geoplan crs để biết hệ nào hợp, rồi nêu bằng --crs hoặc thêm tệp .prj.",
        "Run geoplan crs to see which systems fit, then state one by --crs or add a .prj.",
    ),
)
NO_CPG: Final = Code(
    "FILE-02",
    "note",
    ("Không ghi bảng mã chữ", "No text encoding stated"),
    (
        "Bảng mã được đoán theo nội dung; nêu bằng --encoding hoặc thêm tệp .cpg.",
        "The encoding is told by the text; state it by --encoding or add a .cpg.",
    ),
)
BAD_SHX: Final = Code(
    "FILE-03",
    "warning",
    ("Tệp .shx thiếu hoặc không khớp .shp", "The .shx is missing or does not fit the .shp"),
    (
        "Đã lập lại từ .shp khi đọc; xuất lại Shapefile để có .shx đúng.",
        "Rebuilt from the .shp while reading; export the shapefile again for a right .shx.",
    ),
)
COUNTS_DIFFER: Final = Code(
    "FILE-04",
    "error",
    ("Số dòng của .dbf khác số hình của .shp", "The .dbf and the .shp have different counts"),
    (
        "Không biết dòng nào thuộc hình nào: xin lại đủ các tệp của cùng một lần xuất.",
        "Nobody can tell which row belongs to which shape: ask for all files of one export.",
    ),
)
OTHER_THINGS: Final = Code(
    "FILE-05",
    "note",
    ("Tệp nén có thứ khác ngoài một lớp", "The archive holds other things than one layer"),
    ("Các tệp đó bị bỏ qua; không cần làm gì.", "Those files are left alone; nothing to do."),
)
WRONG_EXTENSION: Final = Code(
    "FILE-06",
    "warning",
    ("Đuôi tệp không đúng nội dung", "The extension does not say what the content is"),
    ("Đã đọc theo nội dung; hãy đổi tên tệp.", "Read by its content; rename the file."),
)
LINES_CLOSED: Final = Code(
    "FILE-07",
    "note",
    ("Đường khép kín được coi là vùng", "Closed lines were taken as polygons"),
    (
        "Kiểm tra trên bản đồ; vẽ lại thành vùng nếu không đúng ý.",
        "Look at the map; draw them as polygons if that is not what is meant.",
    ),
)
LINES_OPEN: Final = Code(
    "FILE-08",
    "warning",
    ("Bản vẽ còn thứ không phải vùng", "The drawing has things that are no polygons"),
    (
        "Chúng không có diện tích; khép kín các đường là ranh giới rồi xuất lại.",
        "They count as no area; close the lines that are boundaries and export again.",
    ),
)
NO_DBF: Final = Code(
    "FILE-09",
    "warning",
    ("Thiếu tệp .dbf", "The .dbf is missing"),
    (
        "Các hình không có thuộc tính; xin lại tệp .dbf cùng tên.",
        "The shapes have no attributes; ask for the .dbf of the same name.",
    ),
)
CRS_BY_HABIT: Final = Code(
    "FILE-10",
    "note",
    ("Cột kinh độ, vĩ độ được hiểu là WGS 84", "Longitude and latitude columns taken as WGS 84"),
    (
        "Nếu là kinh vĩ độ VN-2000, nêu bằng --crs EPSG:4756.",
        "If they are VN-2000, state it by --crs EPSG:4756.",
    ),
)
NOT_AS_STATED: Final = Code(
    "FILE-11",
    "warning",
    ("Chữ không đúng bảng mã mà tệp ghi", "Text that is not in the encoding the file states"),
    (
        "Đã đọc từng byte (ISO-8859-1); nêu bảng mã đúng bằng --encoding.",
        "Read byte by byte (ISO-8859-1); state the right encoding by --encoding.",
    ),
)
GDAL_SAYS: Final = Code(
    "FILE-12",
    "note",
    ("Thư viện đọc tệp có điều cần nói", "The library that reads the file has something to say"),
    ("Xem đối tượng được nhắc tới trước khi dùng.", "Look at what it mentions before using the layer."),
)
RINGS_OPEN: Final = Code(
    "FILE-13",
    "warning",
    ("Vòng không khép kín", "Rings that do not end where they begin"),
    (
        "Đã khép bằng đoạn thẳng khi đọc; xem lại ranh giới ở đó.",
        "Closed by a straight line while reading; look at the boundary there.",
    ),
)

CODES: Final = (
    NO_PRJ,
    NO_CPG,
    BAD_SHX,
    COUNTS_DIFFER,
    OTHER_THINGS,
    WRONG_EXTENSION,
    LINES_CLOSED,
    LINES_OPEN,
    NO_DBF,
    CRS_BY_HABIT,
    NOT_AS_STATED,
    GDAL_SAYS,
    RINGS_OPEN,
)
