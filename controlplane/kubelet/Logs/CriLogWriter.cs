using System.Buffers;
using System.Text;

namespace Podwire.Kubelet.Logs;

/// <summary>
/// Writes a container's output in the CRI log format (one line each: RFC 3339 time with nanoseconds, stream, F or P, text; P
/// marks a piece of a line that goes on) and rotates the file as the kubelet does: FILE.YYYYMMDD-HHMMSS beside FILE.
/// Safe for the two threads that copy a container's two streams.
/// </summary>
internal sealed class CriLogWriter : IDisposable
{
    /// <summary>The longest piece of a line, as containerd cuts it.</summary>
    public const int LongestPiece = 16 << 10;

    private readonly Lock gate = new();
    private readonly string path;
    private readonly long maxSize;
    private readonly int maxFiles;
    private readonly TimeProvider clock;
    private readonly ArrayBufferWriter<byte> lines = new(32 << 10);
    private FileStream? file;
    private long size;

    /// <summary>Appends to <paramref name="path"/>, whose directory must exist.</summary>
    public CriLogWriter(string path, long maxSize, int maxFiles, TimeProvider clock)
    {
        this.path = path;
        this.maxSize = maxSize;
        this.maxFiles = Math.Max(maxFiles, 1);
        this.clock = clock;
        Open();
    }

    /// <summary>One of the container's two streams; it keeps the piece of a line that has not ended yet.</summary>
    public sealed class Stream(CriLogWriter writer, string name)
    {
        private readonly byte[] label = Encoding.ASCII.GetBytes($" {name} ");
        private readonly byte[] pending = new byte[LongestPiece];
        private int length;

        /// <summary>Takes what the container wrote.</summary>
        public void Write(ReadOnlySpan<byte> data)
        {
            lock (writer.gate)
            {
                Span<byte> time = stackalloc byte[64];
                time = time[..writer.Now(time)];
                while (!data.IsEmpty)
                {
                    var take = Math.Min(data.Length, LongestPiece - length);
                    var end = data[..take].IndexOf((byte)'\n');
                    var part = end < 0 ? data[..take] : data[..end];
                    part.CopyTo(pending.AsSpan(length));
                    length += part.Length;
                    data = data[(end < 0 ? take : end + 1)..];
                    if (end >= 0 || length == LongestPiece)
                    {
                        writer.Append(time, label, end >= 0, pending.AsSpan(0, length));
                        length = 0;
                    }
                }

                writer.Flush();
            }
        }

        /// <summary>The stream ended: a line without its end is written as a piece.</summary>
        public void End()
        {
            lock (writer.gate)
            {
                if (length > 0)
                {
                    Span<byte> time = stackalloc byte[64];
                    writer.Append(time[..writer.Now(time)], label, whole: false, pending.AsSpan(0, length));
                    length = 0;
                    writer.Flush();
                }
            }
        }
    }

    /// <summary>A stream named stdout or stderr.</summary>
    public Stream Open(string name) => new(this, name);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            file?.Dispose();
            file = null;
        }
    }

    private int Now(Span<byte> destination)
    {
        var now = clock.GetUtcNow();
        now.UtcDateTime.TryFormat(destination, out var written, "yyyy-MM-dd'T'HH:mm:ss.fffffff");
        "00Z"u8.CopyTo(destination[written..]);
        return written + 3;
    }

    private void Append(ReadOnlySpan<byte> time, ReadOnlySpan<byte> label, bool whole, ReadOnlySpan<byte> text)
    {
        lines.Write(time);
        lines.Write(label);
        lines.Write(whole ? "F "u8 : "P "u8);
        lines.Write(text);
        lines.Write("\n"u8);
    }

    private void Flush()
    {
        if (lines.WrittenCount == 0)
        {
            return;
        }

        try
        {
            if (size > 0 && size + lines.WrittenCount > maxSize)
            {
                Rotate();
            }

            file ??= OpenFile();
            file.Write(lines.WrittenSpan);
            size += lines.WrittenCount;
        }
        catch (IOException)
        {
            // A full disk loses log lines; it must not stop the container, whose pipe would fill.
            file?.Dispose();
            file = null;
        }

        lines.Clear();
    }

    private void Rotate()
    {
        file?.Dispose();
        file = null;
        var name = $"{path}.{clock.GetUtcNow().UtcDateTime:yyyyMMdd-HHmmss}";
        for (var i = 1; File.Exists(name); i++)
        {
            name = $"{path}.{clock.GetUtcNow().UtcDateTime:yyyyMMdd-HHmmss}.{i:D3}";
        }

        File.Move(path, name);
        foreach (var old in CriLogFiles.Rotated(path).SkipLast(maxFiles - 1))
        {
            File.Delete(old);
        }

        Open();
    }

    private void Open()
    {
        file = OpenFile();
        size = file.Length;
    }

    private FileStream OpenFile() => new(path, new FileStreamOptions
    {
        Mode = FileMode.Append,
        Access = FileAccess.Write,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
    });
}
