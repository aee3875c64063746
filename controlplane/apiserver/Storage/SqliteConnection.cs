using System.Runtime.InteropServices;
using System.Text;

namespace Podwire.ApiServer.Storage;

/// <summary>One connection, used by one thread at a time (SQLITE_OPEN_NOMUTEX).</summary>
internal sealed unsafe class SqliteConnection : IDisposable
{
    private readonly SqliteDatabaseHandle database;

    /// <summary>
    /// Opens or creates <paramref name="file"/>. It holds every Secret in plain text, so nobody but its owner may read it (mode 0600);
    /// SQLite gives its companions (-wal, -shm) the same mode.
    /// </summary>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public SqliteConnection(string file)
    {
        MakePrivate(file);
        var code = SqliteNative.Open(file, out var raw, SqliteNative.OpenReadWrite | SqliteNative.OpenCreate | SqliteNative.OpenNoMutex, 0);
        database = new SqliteDatabaseHandle(raw);
        if (code != SqliteNative.Ok)
        {
            var message = raw == 0 ? Marshal.PtrToStringUTF8(SqliteNative.ErrorText(code)) : Message();
            database.Dispose();
            throw new SqliteException($"open {file}", code, message ?? "unknown error");
        }
    }

    private static void MakePrivate(string file)
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (!File.Exists(file))
        {
            try
            {
                File.Open(file, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, UnixCreateMode = Private }).Dispose();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // SQLite says why, with the file's name.
            }
        }
        else if (File.GetUnixFileMode(file) != Private)
        {
            File.SetUnixFileMode(file, Private);
        }
    }

    /// <summary>Prepares one statement, to be kept and reused.</summary>
    public SqliteStatement Prepare(string sql)
    {
        var bytes = Encoding.UTF8.GetBytes(sql);
        fixed (byte* text = bytes)
        {
            Check(SqliteNative.Prepare(database, text, bytes.Length, out var statement, 0), sql);
            return new SqliteStatement(this, new SqliteStatementHandle(statement), sql);
        }
    }

    /// <summary>Runs one statement without a result, or whose rows do not matter (PRAGMA).</summary>
    public void Execute(string sql)
    {
        using var statement = Prepare(sql);
        while (statement.Step())
        {
        }
    }

    public void Dispose() => database.Dispose();

    internal void Check(int code, string operation)
    {
        if (code is not (SqliteNative.Ok or SqliteNative.Row or SqliteNative.Done))
        {
            throw new SqliteException(operation, code, Message());
        }
    }

    private string Message() => Marshal.PtrToStringUTF8(SqliteNative.ErrorMessage(database)) ?? "unknown error";
}
