//! What people read for the actions of the audit's records.

/// The groups of actions, by what is before the dot.
pub(super) const GROUPS: &[(&str, &str)] = &[
    ("session.", "Đăng nhập"),
    ("person.", "Người dùng"),
    ("token.", "Khóa API"),
    ("agency.", "Đơn vị"),
    ("feed.", "Nguồn tin"),
    ("site.", "Quyền với trang của đơn vị"),
    ("category.", "Chuyên mục"),
    ("entry.", "Bài viết"),
    ("notice.", "Thông báo"),
    ("policy.", "Quy tắc kiểm duyệt"),
    ("widget.", "Tiện ích"),
    ("vocabulary.", "Từ vựng"),
];

const WORDS: &[(&str, &str)] = &[
    ("session.begin", "Đăng nhập"),
    ("session.end", "Đăng xuất"),
    ("session.end-others", "Đăng xuất các phiên khác"),
    ("person.enrol", "Mời người vào vai trò"),
    ("person.invite", "Mời lại"),
    ("person.invite-all", "Mời lại những người chưa đăng nhập"),
    ("person.ask-link", "Yêu cầu liên kết đặt lại mật khẩu"),
    ("person.set-password", "Đặt mật khẩu"),
    ("person.set-role", "Đổi vai trò"),
    ("person.disable", "Khóa tài khoản"),
    ("person.enable", "Mở khóa tài khoản"),
    ("person.set-second-factor", "Bật xác thực hai bước"),
    ("person.drop-second-factor", "Tắt xác thực hai bước"),
    ("person.renew-recovery-codes", "Tạo lại mã khôi phục"),
    ("person.use-recovery-code", "Dùng mã khôi phục"),
    ("person.link-identity", "Liên kết với tài khoản của tỉnh"),
    (
        "person.unlink-identity",
        "Bỏ liên kết với tài khoản của tỉnh",
    ),
    ("token.issue", "Tạo khóa API"),
    ("token.revoke", "Thu hồi khóa API"),
    ("agency.add", "Thêm đơn vị"),
    ("agency.edit", "Sửa đơn vị"),
    ("agency.import", "Tiếp nhận đơn vị từ danh sách"),
    ("agency.end", "Kết thúc hoạt động của đơn vị"),
    ("agency.reopen", "Hoàn tác việc kết thúc hoạt động"),
    ("feed.add", "Đăng ký nguồn tin"),
    ("feed.harvest", "Yêu cầu thu thập ngay"),
    ("feed.stop", "Ngừng nguồn tin"),
    ("feed.resume", "Mở lại nguồn tin"),
    ("feed.move", "Nhận địa chỉ mới của nguồn tin"),
    ("feed.accept", "Nhận nội dung của nguồn tin đóng băng"),
    ("site.prove", "Chứng minh quyền với trang"),
    ("site.take-back", "Bỏ xác minh trang"),
    ("category.map", "Ghép chuyên mục với lĩnh vực"),
    ("entry.classify", "Sửa phân loại"),
    ("entry.hold", "Giữ bài"),
    ("entry.publish", "Công bố bài"),
    ("entry.withdraw", "Rút bài"),
    ("entry.keep", "Giữ bản đang hiện"),
    ("entry.take-down", "Gỡ bài"),
    ("entry.restore", "Bỏ lệnh gỡ"),
    ("entry.pin", "Ghim bài"),
    ("entry.unpin", "Bỏ ghim"),
    ("notice.see", "Đánh dấu thông báo đã xem"),
    ("policy.set", "Đặt quy tắc kiểm duyệt"),
    ("widget.add", "Thêm tiện ích"),
    ("widget.change", "Sửa tiện ích"),
    ("widget.remove", "Xóa tiện ích"),
    ("vocabulary.change", "Sửa từ vựng"),
    ("vocabulary.go-back", "Trở lại phiên bản từ vựng cũ"),
];

/// An action in words. `None` for one that has no words yet.
pub(in crate::web) fn of(action: &str) -> Option<&'static str> {
    let mut words = WORDS.iter();
    words.find_map(|(known, words)| (*known == action).then_some(*words))
}
