using System.Runtime.InteropServices;

namespace Podwire.ApiServer.Storage;

/// <summary>An open sqlite3*; released by sqlite3_close_v2.</summary>
internal sealed class SqliteDatabaseHandle : SafeHandle
{
    public SqliteDatabaseHandle(nint database)
        : base(0, ownsHandle: true) => SetHandle(database);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => SqliteNative.Close(handle) == SqliteNative.Ok;
}
