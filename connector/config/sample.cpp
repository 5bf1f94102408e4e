#include "connector/config/config.h"

namespace dvcsync::config {

std::string sample() {
    return R"toml(# dvcsync.toml: settings of dvcsync / cấu hình của dvcsync.
#
# Lines marked EDIT must be changed for your province; everything else works as it is.
# Các dòng có chữ EDIT phải sửa cho tỉnh của mình; phần còn lại dùng được ngay.
# A line that begins with '# key = …' shows the value used when the key is absent.
# Dòng dạng '# khóa = …' là giá trị mặc định khi không khai báo.
# Relative paths start at this file's folder. / Đường dẫn tương đối tính từ thư mục chứa tệp này.
# After every change: dvcsync check / Sau mỗi lần sửa: dvcsync check

[province]
# The province's code on the national axis, and the code and name of its account.
# Mã tỉnh, mã định danh và tên đơn vị của tỉnh trên trục liên thông.
code = "H22"                                # EDIT
agency = "000.00.00.H22"                    # EDIT
agency_name = "UBND tỉnh Hà Giang"          # EDIT
# Which one-stop product writes the XML: a file in mappings/province, without ".xml".
# Từ vựng XML của hệ thống một cửa: tên một tệp trong mappings/province.
vocabulary = "reference"
# Export files are put into <drop_folder>/in. / Tệp xuất đặt vào <drop_folder>/in.
drop_folder = "drop"
# A file that is still incomplete after so many seconds is rejected (1–86400).
# Tệp vẫn dở dang sau chừng này giây thì bị loại.
# stale_after_seconds = 900

[portal]
# Generation of the national contract: a folder in mappings/portal.
# Phiên bản tài liệu kết nối: một thư mục trong mappings/portal.
profile = "mapi-2024"
# scheme://host:port, no path. / Địa chỉ trục kết nối, không kèm đường dẫn.
base_url = "https://localhost:8443"         # EDIT
# The account that the portal gave. The password stands in a file of mode 0600 (first line) or in an
# environment variable, never here: exactly one of password_file and password_env.
# Tài khoản được cấp. Mật khẩu nằm trong tệp riêng (quyền 0600) hoặc biến môi trường, không ghi ở đây.
username = "dvcsync"                        # EDIT
password_file = "portal.password"           # EDIT
# password_env = "DVCSYNC_PASSWORD"
# Authority that signed the portal's certificate (PEM); only it is trusted.
# Chứng thư CA của phía cổng (PEM); chỉ tin CA này.
ca_file = "certs/ca.pem"                    # EDIT
# Our own certificate and key for mutual TLS (PEM); both or neither.
# Chứng thư và khóa riêng của tỉnh cho TLS hai chiều; khai báo cả hai hoặc bỏ cả hai.
client_certificate = "certs/client.pem"     # EDIT
client_key = "certs/client.key"             # EDIT
# One call may take so long, all of it (1–600). / Thời hạn của một lần gọi, tính bằng giây.
# deadline_seconds = 30
# Calls in flight at once (1–64). / Số lần gọi đồng thời.
# in_flight = 8
# An item that failed so often is parked for a person (1–1000). / Số lần thử trước khi chờ người xử lý.
# max_attempts = 12
# Only for an adapter inside a closed government network that has no TLS.
# Chỉ dùng khi trục nội bộ không có TLS.
# allow_plain_http = false

# Paths of the endpoints that the profile names. / Đường dẫn của từng điểm kết nối.
[portal.endpoints]
auth = "/XrdAdapter/RestService/forward/mapi/login"
share = "/XrdAdapter/RestService/forward/mapi/share"
integration = "/XrdAdapter/RestService/forward/mapi/integration"

# Values that the profile asks for, always text. / Giá trị mà hồ sơ kết nối yêu cầu, luôn là chuỗi.
[portal.settings]
dstcode = "VN:GOV:000.00.00.G22:vpcpdvcprovider"

# Submissions that citizens file on the portal. Without this section none are taken.
# Hồ sơ công dân nộp trên Cổng. Không có mục này thì không nhận.
[inbound]
# Where the province takes them: folder (below) or postgres (tables of connector/province/inbox.sql).
# Nơi hệ thống một cửa lấy hồ sơ: thư mục hoặc PostgreSQL.
inbox = "folder"
# They appear, whole, in <inbox_folder>/new. / Hồ sơ trọn vẹn xuất hiện trong <inbox_folder>/new.
inbox_folder = "inbox"
# connection = "host=db.tinh.example dbname=motcua user=dvcsync sslmode=verify-full"
# password_file = "database.password"
# Where files lie until a submission is whole; same disk as the inbox. / Nơi tạm giữ tệp đính kèm.
# staging = "ledger.db.staging"
# Hosts that files may be fetched from, besides those of the profile. / Máy chủ được phép tải tệp.
# file_hosts = "files.example.gov.vn *.example.gov.vn"
# Authority of those hosts (PEM); absent: those of the system. / CA của các máy chủ đó.
# file_ca = "certs/files-ca.pem"
# Only where they lie inside our own networks, or have no TLS. / Chỉ khi máy chủ tệp ở mạng nội bộ.
# allow_private_addresses = false
# allow_plain_http = false
# Virus scanner: clamd's socket; absent: nothing is scanned. / Quét vi-rút qua clamd.
# scanner = "/run/clamav/clamd.ctl"
# max_file_mib = 100
# max_submission_mib = 500

# Files of the province that a portal of the newest kind wants to have (profile dvc-2026): fetched where their links lead.
# Tệp của tỉnh mà cổng thế hệ mới đòi tải lên (hồ sơ kết nối dvc-2026): lấy theo đường dẫn trong hồ sơ.
[uploads]
# The province's file servers; without them no file is fetched. / Máy chủ tệp của tỉnh; không ghi thì không lấy tệp nào.
# file_hosts = "kho.example.gov.vn"
# Authority of those hosts (PEM); absent: those of the system. / CA của các máy chủ đó.
# file_ca = "certs/kho-ca.pem"
# Where they lie inside our own networks, or have no TLS. / Khi máy chủ tệp ở mạng nội bộ.
# allow_private_addresses = false
# allow_plain_http = false
# A larger file parks its dossier (1–200). / Tệp lớn hơn thì hồ sơ dừng lại chờ người.
# max_file_mib = 20

# Callbacks of the portal (dvcsync serve), on the loopback address, behind nginx: connector/packaging/nginx.
# Nhận cuộc gọi từ Cổng (dvcsync serve), chỉ nghe trên 127.0.0.1, phía sau nginx.
# [serve]
# port = 8090
# The portal's list is read so often; 0: a scheduler runs dvcsync sync pull-submissions. What a callback
# brings is handed over at once. / Chu kỳ đọc danh sách của Cổng; 0: để bộ lập lịch. Hồ sơ gọi tới vẫn xử lý ngay.
# poll_seconds = 60
# Files that the portal may fetch, each named by its id; a folder with nothing else in it. / Tệp kết quả để Cổng tải về, đặt tên theo mã.
# downloads = "downloads"

[catalogue]
# A push that would abolish more than this share (percent, 0–100) of the procedures that the portal shows
# waits for a person: dvcsync sync push-catalogue --confirm.
# Nếu một lần đẩy bãi bỏ quá tỷ lệ này (phần trăm) số thủ tục đang công khai thì dừng, chờ người xác nhận.
# max_abolished_percent = 10

[ledger]
# The durable memory: keep it on a local disk and back it up together with its key, but apart from it.
# Sổ cái: đặt trên đĩa cục bộ; sao lưu sổ và khóa ở hai nơi khác nhau.
file = "ledger.db"
key_file = "ledger.key"

# The audit trail, signed so that an auditor can check it without us. Without this section it is kept, not signed.
# Nhật ký kiểm toán được ký số để thanh tra tự kiểm tra. Không có mục này thì vẫn ghi nhưng không ký.
[audit]
# Name of the province's log, for good: a web address without https://. / Tên nhật ký của tỉnh, không đổi về sau.
origin = "dvcsync.hagiang.gov.vn"           # EDIT
# Checkpoints lie here, outside the ledger: best on another disk or machine, with rights of its own.
# Nơi lưu các điểm kiểm tra, ngoài sổ cái: tốt nhất ở đĩa hoặc máy khác.
checkpoint_folder = "audit"
# The key that signs (dvcsync audit new-key). / Khóa ký số.
key_file = "audit.key"
# What is recorded must be signed within so many minutes, or pushing stops (1–43200).
# Nếu quá chừng này phút mà chưa ký được thì ngừng đẩy dữ liệu.
# unsealed_limit_minutes = 60
# RFC 3161 time stamps: address, and the authorities that its answers (and its https) are checked with.
# Dấu thời gian RFC 3161: địa chỉ dịch vụ và chứng thư CA để kiểm tra.
# timestamp_url = "https://tsa.example.gov.vn/tsr"
# timestamp_ca = "certs/tsa-ca.pem"
# Exchanges whose bodies are kept, encrypted; of all others only digests are.
# Những lần trao đổi được giữ nguyên nội dung (mã hóa); còn lại chỉ giữ mã băm.
# bodies = "push-dossier push-progress"
# Kept bodies are erased after so many days; 0: when somebody does. / Số ngày giữ nội dung.
# keep_bodies_days = 0

[report]
# What the portal learns later than so many hours after it happened counts as late (1–8784).
# Cổng nhận muộn hơn chừng này giờ sau khi sự việc xảy ra thì tính là trễ.
# late_after_hours = 24

[mappings]
# The mappings folder of the product. / Thư mục mappings của sản phẩm.
folder = "mappings"                         # EDIT

[log]
# trace, debug, info, warn, error
# level = "info"
# auto (for people on a terminal, JSON otherwise), human, json
# format = "auto"
# Absent: standard error. / Không khai báo: ghi ra standard error.
# file = "dvcsync.log"
)toml";
}

}  // namespace dvcsync::config
