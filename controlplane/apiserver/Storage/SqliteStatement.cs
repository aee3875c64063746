using System.Text;

namespace Podwire.ApiServer.Storage;

/// <summary>A prepared statement; parameters count from 1, columns from 0, as in SQLite.</summary>
internal sealed unsafe class SqliteStatement(SqliteConnection connection, SqliteStatementHandle statement, string sql) : IDisposable
{
    /// <summary>Binds and runs to completion; for statements without rows.</summary>
    public void Run(string resource, string key, long revision, ReadOnlySpan<byte> body)
    {
        Span<byte> resourceBytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(resource.Length)];
        var keyBytes = Encoding.UTF8.GetBytes(key);
        var resourceLength = Encoding.UTF8.GetBytes(resource, resourceBytes);
        fixed (byte* resourceText = resourceBytes, keyText = keyBytes, bodyBytes = body)
        {
            Check(SqliteNative.BindText(statement, 1, resourceText, resourceLength, SqliteNative.Static));
            Check(SqliteNative.BindText(statement, 2, keyText, keyBytes.Length, SqliteNative.Static));
            if (!body.IsEmpty)
            {
                Check(SqliteNative.BindInt64(statement, 3, revision));
                Check(SqliteNative.BindBlob(statement, 4, bodyBytes, body.Length, SqliteNative.Static));
            }

            Finish();
        }
    }

    /// <summary>Binds one number and runs to completion.</summary>
    public void Run(long value)
    {
        Check(SqliteNative.BindInt64(statement, 1, value));
        Finish();
    }

    /// <summary>Runs to completion.</summary>
    public void Run() => Finish();

    /// <summary>Binds a text as the first parameter, for the rows that follow.</summary>
    public void Bind(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            Check(SqliteNative.BindText(statement, 1, start, bytes.Length, SqliteNative.Transient));
        }
    }

    /// <summary>Moves to the next row; false at the end, where the statement is reset.</summary>
    public bool Step()
    {
        var code = SqliteNative.Step(statement);
        if (code == SqliteNative.Row)
        {
            return true;
        }

        _ = SqliteNative.Reset(statement);
        Check(code);
        return false;
    }

    public long Int64(int column) => SqliteNative.ColumnInt64(statement, column);

    public byte[] Bytes(int column)
    {
        var bytes = SqliteNative.ColumnBlob(statement, column);
        return new ReadOnlySpan<byte>(bytes, SqliteNative.ColumnBytes(statement, column)).ToArray();
    }

    public string Text(int column) => Encoding.UTF8.GetString(Bytes(column));

    public void Dispose() => statement.Dispose();

    private void Finish()
    {
        var code = SqliteNative.Step(statement);
        _ = SqliteNative.Reset(statement);
        Check(code);
    }

    private void Check(int code) => connection.Check(code, sql);
}
