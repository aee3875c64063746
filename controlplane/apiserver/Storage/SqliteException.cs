namespace Podwire.ApiServer.Storage;

/// <summary>libsqlite3 refused an operation; <see cref="Code"/> is its primary result code (sqlite3.h).</summary>
public sealed class SqliteException(string operation, int code, string message)
    : Exception($"{operation}: {message} (SQLite error {code})")
{
    /// <summary>The primary result code: 5 busy, 11 corrupt, 13 full, 26 not a database.</summary>
    public int Code { get; } = code & 0xFF;
}
