//! Editors' accounts, as the command line and embedding programs manage them.

use crate::store::{StoreError, editors};
use crate::{Config, NodeError, body, open};

/// Creates an editor's account. Fails with [`StoreError::Exists`] when the name is taken.
///
/// This blocks; call it from a thread that may.
pub fn add_editor(config: &Config, name: &str, password: &str) -> Result<(), NodeError> {
    let name = account_name(name)?;
    let hash = credentials::hash(password)?;
    open(config)?.run_blocking(|conn| match editors::insert(conn, &name, &hash) {
        Err(StoreError::Exists(_)) => Err(StoreError::Exists("an editor of this name").into()),
        other => Ok(other?),
    })
}

/// Sees to it that an editor of this name exists and has this password. A password that changes
/// ends the editor's sessions.
///
/// This blocks; call it from a thread that may.
pub fn ensure_editor(config: &Config, name: &str, password: &str) -> Result<(), NodeError> {
    let name = account_name(name)?;
    let hash = credentials::hash(password)?;
    open(config)?.run_blocking(|conn| match editors::find(conn, &name)? {
        None => Ok(editors::insert(conn, &name, &hash)?),
        Some(editor) if credentials::verify(password, Some(&editor.password_hash)) => Ok(()),
        Some(editor) => Ok(editors::set_password(conn, editor.id, &hash)?),
    })
}

fn account_name(name: &str) -> Result<String, NodeError> {
    let name = body::one_line(name);
    if name.is_empty() || name.len() > 100 {
        return Err(NodeError::Config(
            "an editor's name has 1 to 100 bytes, such as \"lan\"".to_owned(),
        ));
    }
    Ok(name)
}
