using System.Buffers;

namespace Podwire.Kubelet.Logs;

/// <summary>Copies a CRI log to a client as plain text, across rotated files, and follows it while its container runs.</summary>
internal static class CriLogReader
{
    private static readonly TimeSpan FollowInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Writes what <paramref name="options"/> ask for to <paramref name="output"/>.</summary>
    /// <param name="path">The attempt's log file; if it does not exist (yet), it counts as empty.</param>
    /// <param name="options">Which part.</param>
    /// <param name="running">True while more may come.</param>
    /// <param name="output">The client.</param>
    /// <param name="cancel">The client went away.</param>
    public static async Task CopyAsync(string path, LogOptions options, Func<bool> running, Stream output, CancellationToken cancel)
    {
        var sink = new Sink(options, output);
        var files = new Queue<FileStream>();
        try
        {
            var (index, offset) = OpenFrom(path, options.TailLines, files);
            while (index-- > 0)
            {
                await files.Dequeue().DisposeAsync();
            }

            // Looking for the last lines has moved about in them.
            foreach (var file in files)
            {
                file.Position = 0;
            }

            if (files.TryPeek(out var begin))
            {
                begin.Position = offset;
            }

            while (!sink.IsFull)
            {
                // Asked before reading: what is written before the end is then certainly read.
                var mayGrow = options.Follow && running();
                while (files.Count > 0 && !sink.IsFull)
                {
                    await DrainAsync(files.Peek(), sink, cancel);
                    if (files.Count == 1)
                    {
                        break;
                    }

                    await files.Dequeue().DisposeAsync();
                    sink.CutLine();
                }

                await output.FlushAsync(cancel);
                if (Reopen(path, files))
                {
                    continue;
                }

                if (!mayGrow)
                {
                    break;
                }

                await Task.Delay(FollowInterval, cancel);
            }
        }
        finally
        {
            foreach (var file in files)
            {
                await file.DisposeAsync();
            }
        }
    }

    /// <summary>Opens every file, oldest first; where to begin for the last lines.</summary>
    private static (int File, long Offset) OpenFrom(string path, long? tailLines, Queue<FileStream> files)
    {
        foreach (var name in CriLogFiles.Rotated(path).Append(path))
        {
            if (TryOpen(name) is { } file)
            {
                files.Enqueue(file);
            }
        }

        if (tailLines is not { } wanted)
        {
            return (0, 0);
        }

        if (wanted == 0 && files.Count > 0)
        {
            return (files.Count - 1, files.Last().Length);
        }

        var index = files.Count - 1;
        foreach (var file in files.Reverse())
        {
            var offset = Tail(file, ref wanted);
            if (wanted == 0)
            {
                return (index, offset);
            }

            index--;
        }

        return (0, 0);
    }

    /// <summary>The offset of the <paramref name="wanted"/>th line from the end, less those counted; 0 with the rest in <paramref name="wanted"/> if there are fewer.</summary>
    private static long Tail(FileStream file, ref long wanted)
    {
        var buffer = new byte[64 << 10];
        var end = file.Length;

        // The line end at the very end ends the last line, it does not begin one.
        var seen = -1L;
        while (end > 0)
        {
            var length = (int)Math.Min(buffer.Length, end);
            file.Position = end - length;
            file.ReadExactly(buffer, 0, length);
            for (var i = length - 1; i >= 0; i--)
            {
                if (buffer[i] == '\n' && ++seen == wanted)
                {
                    wanted = 0;
                    return end - length + i + 1;
                }
            }

            end -= length;
        }

        wanted -= file.Length > 0 ? seen + 1 : 0;
        return 0;
    }

    private static FileStream? TryOpen(string name)
    {
        try
        {
            return new(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>If the file read last was rotated away, queues the files that came after it; true if there are any.</summary>
    private static bool Reopen(string path, Queue<FileStream> files)
    {
        var last = files.TryPeek(out var open) ? Interop.FileIdentity.Of(open.SafeFileHandle) : default;
        var newer = new Stack<FileStream>();
        foreach (var name in CriLogFiles.Rotated(path).Append(path).Reverse())
        {
            if (TryOpen(name) is not { } file)
            {
                continue;
            }

            if (Interop.FileIdentity.Of(file.SafeFileHandle) == last)
            {
                file.Dispose();
                break;
            }

            newer.Push(file);
        }

        foreach (var file in newer)
        {
            files.Enqueue(file);
        }

        return newer.Count > 0;
    }

    private static async Task DrainAsync(FileStream file, Sink sink, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            int length;
            while (!sink.IsFull && (length = await file.ReadAsync(buffer, cancel)) > 0)
            {
                await sink.TakeAsync(buffer.AsMemory(0, length), cancel);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private sealed class Sink(LogOptions options, Stream output)
    {
        private readonly ArrayBufferWriter<byte> line = new();
        private readonly ArrayBufferWriter<byte> text = new();
        private long left = options.LimitBytes ?? long.MaxValue;
        private bool inside;

        public bool IsFull => left <= 0;

        /// <summary>A file ended in the middle of a line.</summary>
        public void CutLine() => line.ResetWrittenCount();

        public async Task TakeAsync(ReadOnlyMemory<byte> data, CancellationToken cancel)
        {
            while (!data.IsEmpty)
            {
                var end = data.Span.IndexOf((byte)'\n');
                line.Write(data.Span[..(end < 0 ? data.Length : end)]);
                data = data[(end < 0 ? data.Length : end + 1)..];
                if (end >= 0)
                {
                    Convert();
                    line.ResetWrittenCount();
                }
            }

            if (text.WrittenCount > 0)
            {
                var take = (int)Math.Min(left, text.WrittenCount);
                await output.WriteAsync(text.WrittenMemory[..take], cancel);
                left -= take;
                text.ResetWrittenCount();
            }
        }

        private void Convert()
        {
            if (!CriLogLine.TryParse(line.WrittenSpan, out var parsed) || (options.Since is { } since && parsed.At < since))
            {
                return;
            }

            if (options.Timestamps && !inside)
            {
                text.Write(parsed.Time);
                text.Write(" "u8);
            }

            text.Write(parsed.Text);
            inside = !parsed.IsWhole;
            if (parsed.IsWhole)
            {
                text.Write("\n"u8);
            }
        }
    }
}
