using System.Runtime.InteropServices;

namespace Podwire.ApiServer.Storage;

/// <summary>A prepared sqlite3_stmt*; released by sqlite3_finalize.</summary>
internal sealed class SqliteStatementHandle : SafeHandle
{
    public SqliteStatementHandle(nint statement)
        : base(0, ownsHandle: true) => SetHandle(statement);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        // The result repeats the error of the last step, which was reported then.
        _ = SqliteNative.FinalizeStatement(handle);
        return true;
    }
}
