using System.Buffers;
using System.Globalization;
using System.Text;
using DctNet.V1;
using Google.Protobuf;

namespace DctNet.Service.Bulk;

/// <summary>A session's directory: what its files are called, what they say, and when they last.</summary>
/// <remarks>
/// <code>
/// session      whose it is, and its start
/// 0000002a.in  an item's input: its announcement, its bytes; sealed when whole
/// 0000002a.3.in  the same, in work at the death of three processes
/// 0000002a.out an item's result: its announcement and its header, its bytes
/// 0000002a.part  a result that is being written
/// </code>
/// Files have numbers because the caller's ids could be any text. Their owner decides when; several threads may be here for several items.
/// </remarks>
internal sealed class SessionFiles(string directory, byte[] key)
{
    /// <summary>Name of the file that describes the session.</summary>
    public const string AboutName = "session";

    /// <summary>An item that was in work at the death of so many processes is the likely reason.</summary>
    private const int MaxLostAttempts = 5;

    private const string InputExtension = ".in";
    private const string ResultExtension = ".out";
    private const string DraftExtension = ".part";

    public string Directory => directory;

    private string About => Path.Combine(directory, AboutName);

    /// <summary>Says whose session it is. It lasts when this returns.</summary>
    public void WriteAbout(string tenant, BulkStart start)
    {
        using var about = new MemoryStream();
        using (var writer = new BinaryWriter(about, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(tenant);
        }

        start.WriteTo(about);
        SpoolFile.Create(About, key, about.ToArray()).Seal();
        DirectorySync.Flush(directory);
    }

    /// <summary>Whose session it is and when it was last used; null where the directory was not finished, or is of another key.</summary>
    public (string Tenant, BulkStart Start, DateTimeOffset Used)? ReadAbout()
    {
        if (!File.Exists(About) || SpoolFile.Open(About, key, out var header) is not { IsSealed: true })
        {
            return null;
        }

        using var about = new MemoryStream(header);
        using var reader = new BinaryReader(about);
        return (reader.ReadString(), BulkStart.Parser.ParseFrom(about), LastUseOf(directory));
    }

    /// <summary>When a session was last used; long ago where its directory was not finished.</summary>
    public static DateTimeOffset LastUseOf(string directory) => File.GetLastWriteTimeUtc(Path.Combine(directory, AboutName));

    /// <summary>Its time to live goes on over a restart.</summary>
    public void Touch(DateTimeOffset used) => File.SetLastWriteTimeUtc(About, used.UtcDateTime);

    public SpoolFile CreateInput(BulkItem item) => SpoolFile.Create(PathOf(item, InputExtension), key, item.Open.ToByteArray());

    /// <summary>An item's input is whole, and lasts when this returns.</summary>
    public void SealInput(BulkItem item)
    {
        item.Input!.Seal();
        DirectorySync.Flush(directory);
    }

    /// <summary>
    /// An item that an earlier process has left goes to work; false where that has been tried too often. The name changes before the work
    /// begins, so that a picture that kills the process is told from those that only waited.
    /// </summary>
    public bool TryBegin(BulkItem item)
    {
        if (item.LostAttempts >= MaxLostAttempts)
        {
            return false;
        }

        item.LostAttempts++;
        var input = item.Input!;
        input.MoveTo(InputOf(item));
        if (item.Wanted.IsCancellationRequested)
        {
            // Whoever cancelled may have looked for it under its former name, and a restart would bring it back.
            input.Delete();
        }

        return true;
    }

    /// <summary>Takes the last <see cref="TryBegin"/> back.</summary>
    public void PutBack(BulkItem item)
    {
        item.LostAttempts--;
        item.Input!.MoveTo(InputOf(item));
    }

    /// <summary>Keeps a result, which lasts when this returns, or nothing of it.</summary>
    public SpoolFile WriteResult(BulkItem item, ResultHeader header, ReadOnlySequence<byte> file)
    {
        try
        {
            var result = WriteDraft(item, header, file);
            result.MoveTo(PathOf(item, ResultExtension));
            DirectorySync.Flush(directory);
            return result;
        }
        catch
        {
            File.Delete(PathOf(item, DraftExtension));
            File.Delete(PathOf(item, ResultExtension));
            throw;
        }
    }

    /// <exception cref="IOException">The file is gone or damaged.</exception>
    public static ResultHeader HeaderOf(SpoolFile result)
    {
        using var facts = new MemoryStream(result.ReadHeader());
        _ = BulkItemOpen.Parser.ParseDelimitedFrom(facts);
        return ResultHeader.Parser.ParseDelimitedFrom(facts);
    }

    /// <summary>The items that an earlier process has left, with the number of the last one. What cannot be gone on with is deleted.</summary>
    public (IReadOnlyCollection<BulkItem> Items, int LastNumber) Recover()
    {
        var items = new Dictionary<string, BulkItem>(StringComparer.Ordinal);
        foreach (var path in Files(ResultExtension))
        {
            if (SpoolFile.Open(path, key, out var header) is { IsSealed: true } result)
            {
                using var facts = new MemoryStream(header);
                items.Add(
                    NumberOf(path),
                    new BulkItem(BulkItemOpen.Parser.ParseDelimitedFrom(facts), NumberOf(path)) { State = BulkItemState.Ready, Result = result });
            }
            else
            {
                File.Delete(path);
            }
        }

        foreach (var path in Files(InputExtension))
        {
            // A result takes the place of its input.
            if (!items.ContainsKey(NumberOf(path)) && SpoolFile.Open(path, key, out var header) is { } input)
            {
                items.Add(NumberOf(path), new BulkItem(BulkItemOpen.Parser.ParseFrom(header), NumberOf(path))
                {
                    State = input.IsSealed ? BulkItemState.Spooled : BulkItemState.Receiving,
                    Input = input,
                    Held = input.DataBytes,
                    Recovered = true,
                    LostAttempts = LostAttempts(path),
                });
            }
            else
            {
                File.Delete(path);
            }
        }

        foreach (var draft in Files(DraftExtension))
        {
            File.Delete(draft);
        }

        var last = items.Keys.Select(number => int.Parse(number, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).DefaultIfEmpty().Max();
        return (items.Values, last);

        string[] Files(string extension) => System.IO.Directory.GetFiles(directory, "*" + extension);
    }

    public void Delete() => System.IO.Directory.Delete(directory, recursive: true);

    private static string NumberOf(string path) => Path.GetFileName(path).Split('.')[0];

    private static int LostAttempts(string path) =>
        Path.GetFileName(path).Split('.') is [_, var lost, _] && int.TryParse(lost, CultureInfo.InvariantCulture, out var count) ? count : 0;

    private string InputOf(BulkItem item) =>
        PathOf(item, item.LostAttempts == 0 ? InputExtension : $".{item.LostAttempts}{InputExtension}");

    private string PathOf(BulkItem item, string extension) => Path.Combine(directory, item.Number + extension);

    private SpoolFile WriteDraft(BulkItem item, ResultHeader header, ReadOnlySequence<byte> file)
    {
        using var facts = new MemoryStream();
        item.Open.WriteDelimitedTo(facts);
        header.WriteDelimitedTo(facts);
        var result = SpoolFile.Create(PathOf(item, DraftExtension), key, facts.ToArray());
        foreach (var piece in file)
        {
            for (var rest = piece.Span; !rest.IsEmpty;)
            {
                var segment = rest[..Math.Min(SpoolFile.MaxSegmentBytes, rest.Length)];
                result.Append(segment);
                rest = rest[segment.Length..];
            }
        }

        result.Seal();
        return result;
    }
}
