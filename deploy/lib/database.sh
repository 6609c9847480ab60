# Sourced by deploy/on-one-machine: one database, a role that owns and migrates it, and a role that serves and owns nothing.

prepare_database() {
  if has_setting ebb.env DIARY_DATABASE_URL && has_setting owner.env DIARY_DATABASE_URL && [ ! -e "$ETC/database-made-here" ]; then
    return # somebody gave us a database: roles and server are theirs
  fi
  start_postgres
  touch "$ETC/database-made-here"
  local owner serving
  owner=$(random_word) serving=$(random_word)
  has_setting owner.env DIARY_DATABASE_URL && has_setting ebb.env DIARY_DATABASE_URL && owner='' serving=''
  make_database "$owner" "$serving" | as_superuser ||
    give_up "PostgreSQL refused to make the roles or the database: the reason is above."
  [ -z "$owner" ] || {
    setting owner.env DIARY_DATABASE_URL "postgresql://ebb_owner:$owner@127.0.0.1:$(postgres_port)/ebb"
    setting ebb.env DIARY_DATABASE_URL "postgresql://ebb:$serving@127.0.0.1:$(postgres_port)/ebb"
  }
}

# make_database OWNER'S_PASSWORD SERVING_PASSWORD: prints what makes what is missing; empty passwords stay as they are.
make_database() {
  local role
  for role in ebb_owner ebb; do
    echo "SELECT 'CREATE ROLE $role' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$role') \\gexec"
    echo "ALTER ROLE $role LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;"
  done
  [ -z "$1" ] || echo "ALTER ROLE ebb_owner PASSWORD '$1'; ALTER ROLE ebb PASSWORD '$2';"
  cat <<'SQL'
SELECT 'CREATE DATABASE ebb OWNER ebb_owner TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8'''
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'ebb') \gexec
REVOKE ALL ON DATABASE ebb FROM PUBLIC;
GRANT CONNECT ON DATABASE ebb TO ebb;
SQL
}

# Migrates as the owner and gives the role that serves its rights. Every version serves on the schema of the next one, so
# that older servers go on meanwhile.
prepare_schema() {
  local role
  role=$(serving_role)
  say "Bringing the database up to date …"
  (cd "$RELEASE" && with_settings ebb.env owner.env -- "${AS_EBB[@]}" "$PYTHON" -m flask --app wsgi diary database rights "$role") >&2 ||
    give_up "The database was not brought up to date, and nothing else was changed: the reason is above."
}

# The name in postgresql://NAME:…@…
serving_role() { with_settings ebb.env -- sh -c 'echo "$DIARY_DATABASE_URL"' | sed -E 's,^[a-z+]*://([^:@/]+).*,\1,'; }
