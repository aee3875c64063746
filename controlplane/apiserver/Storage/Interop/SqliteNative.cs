using System.Runtime.InteropServices;

namespace Podwire.ApiServer.Storage;

/// <summary>The few functions of the system's libsqlite3 that the store calls (sqlite3.h).</summary>
internal static unsafe partial class SqliteNative
{
    internal const int Ok = 0;
    internal const int Row = 100;
    internal const int Done = 101;
    internal const int OpenReadWrite = 0x2;
    internal const int OpenCreate = 0x4;
    internal const int OpenNoMutex = 0x8000;

    /// <summary>SQLITE_STATIC: the bytes outlive the step that reads them.</summary>
    internal const nint Static = 0;

    /// <summary>SQLITE_TRANSIENT: SQLite keeps a copy of its own.</summary>
    internal const nint Transient = -1;

    private const string Library = "libsqlite3.so.0";

    [LibraryImport(Library, EntryPoint = "sqlite3_open_v2", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string file, out nint database, int flags, nint vfs);

    [LibraryImport(Library, EntryPoint = "sqlite3_close_v2")]
    internal static partial int Close(nint database);

    [LibraryImport(Library, EntryPoint = "sqlite3_errmsg")]
    internal static partial nint ErrorMessage(SqliteDatabaseHandle database);

    [LibraryImport(Library, EntryPoint = "sqlite3_errstr")]
    internal static partial nint ErrorText(int code);

    [LibraryImport(Library, EntryPoint = "sqlite3_prepare_v2")]
    internal static partial int Prepare(SqliteDatabaseHandle database, byte* sql, int length, out nint statement, nint tail);

    [LibraryImport(Library, EntryPoint = "sqlite3_finalize")]
    internal static partial int FinalizeStatement(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    internal static partial int Step(SqliteStatementHandle statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_reset")]
    internal static partial int Reset(SqliteStatementHandle statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    internal static partial int BindInt64(SqliteStatementHandle statement, int index, long value);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text")]
    internal static partial int BindText(SqliteStatementHandle statement, int index, byte* text, int length, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_blob")]
    internal static partial int BindBlob(SqliteStatementHandle statement, int index, byte* bytes, int length, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_int64")]
    internal static partial long ColumnInt64(SqliteStatementHandle statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_blob")]
    internal static partial byte* ColumnBlob(SqliteStatementHandle statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_bytes")]
    internal static partial int ColumnBytes(SqliteStatementHandle statement, int column);
}
