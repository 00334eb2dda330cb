using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using DctNet.Core;
using DctNet.Core.Pipeline;
using DctNet.Service.Options;
using DctNet.Service.Rpc;
using DctNet.V1;
using Google.Protobuf;
using Google.Rpc;

namespace DctNet.Service.Bulk;

/// <summary>
/// The items of one session and what may happen to them. One stream at a time feeds it; workers take what is spooled and bring results,
/// whether or not a stream is there.
/// </summary>
/// <remarks>
/// <code>
/// RECEIVING ─ finish ─▶ SPOOLED ─ worker ─▶ READY ─ confirm ─▶ DONE, forgotten
///     └─ wrong bytes, cancel ─┴─ worker, cancel ─┴─ cancel ─▶ FAILED ─ confirm ─▶ forgotten
/// </code>
/// An answer that says SPOOLED or READY is given only after the disk has the file and its name. What the methods of the stream's side
/// return is a fault of the stream; a fault of an item is told on the stream as the item's status.
/// </remarks>
internal sealed class BulkSession(string tenant, BulkStart start, string directory, BulkSurroundings surroundings)
{
    /// <summary>Name of the file that describes the session.</summary>
    public const string FileName = "session";

    private const string InputExtension = ".in";
    private const string ResultExtension = ".out";
    private const string DraftExtension = ".part";

    /// <summary>What an item costs on disk beside its bytes; it also bounds how many tiny ones can be left behind.</summary>
    private const int ItemOverheadBytes = 16 << 10;

    /// <summary>
    /// Chunks are to have this many bytes on average, or a caller could make the spool write thirty bytes for each of the picture.
    /// </summary>
    private const int LeastMeanChunkBytes = 1 << 10;

    private const int FreeSegments = 16;

    /// <summary>An item that was in work at the death of so many processes is the likely reason.</summary>
    private const int MaxLostAttempts = 5;

    private const int MaxIdChars = 128;

    /// <summary>Options are two texts and three numbers; more than this is not of the contract.</summary>
    private const int MaxOpenBytes = 4 << 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, BulkItem> _items = new(StringComparer.Ordinal);
    private readonly Queue<BulkItem> _spooled = new();
    private readonly BulkOptions _options = surroundings.Options;
    private readonly TimeProvider _time = surroundings.Time;
    private BulkOutbox? _outbox;
    private long _window;
    private int _lastNumber;
    private bool _isListed;
    private bool _isDeleted;
    private int _drawing;

    // Under the gate: the caller has as many results to fetch as it may have.
    private bool IsFull => _items.Values.Sum(item => item.Result?.Length ?? 0) >= _options.SessionBytes;

    public string Id => start.SessionId;

    public string Tenant => tenant;

    public string Directory => directory;

    /// <summary>The stream that feeds it now.</summary>
    public BulkStream? Stream { get; set; }

    /// <summary>When its last stream ended, or it was found in the spool.</summary>
    public DateTimeOffset IdleSince { get; set; }

    public int OpenItems
    {
        get
        {
            lock (_gate)
            {
                return _items.Count;
            }
        }
    }

    /// <summary>True while the server owes the caller work.</summary>
    public bool HasWork
    {
        get
        {
            lock (_gate)
            {
                return _items.Values.Any(item => item.State == BulkItemState.Spooled);
            }
        }
    }

    /// <summary>True while the caller owes bytes of items that it has opened.</summary>
    public bool IsReceiving
    {
        get
        {
            lock (_gate)
            {
                return _items.Values.Any(item => item.State == BulkItemState.Receiving);
            }
        }
    }

    /// <summary>Bytes of chunks that came, repeated ones included.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>Bytes on disk.</summary>
    public long DiskBytes
    {
        get
        {
            lock (_gate)
            {
                return _items.Values.Sum(item => (item.Input?.Length ?? 0) + (item.Result?.Length ?? 0) + ItemOverheadBytes);
            }
        }
    }

    /// <summary>A stream begins: what it may send, and what is here already.</summary>
    public (BulkCredits Credits, IReadOnlyList<BulkItemProgress> Items) Attach(BulkOutbox outbox)
    {
        lock (_gate)
        {
            _outbox = outbox;
            _window = _options.SessionBytes;
            foreach (var item in _items.Values)
            {
                _window -= item.Held;
                item.ReceivingSince = _time.GetTimestamp();
                if (item.State == BulkItemState.Ready)
                {
                    outbox.Deliver(item);
                }
                else if (item.Ending is not null)
                {
                    outbox.Announce(item);
                }
            }

            var credits = new BulkCredits
            {
                Items = (uint)Math.Max(0, _options.MaxOpenItems - _items.Count),
                Bytes = (ulong)Math.Max(0, _window),
            };
            return (credits, [.. _items.Values.Select(item => item.Progress)]);
        }
    }

    public void Detach()
    {
        lock (_gate)
        {
            _outbox = null;
        }
    }

    /// <summary>Items by id, for one page.</summary>
    public IReadOnlyList<BulkItemProgress> Page(string after, int count)
    {
        lock (_gate)
        {
            return
            [
                .. _items.Values.Where(item => string.CompareOrdinal(item.Id, after) > 0)
                    .OrderBy(item => item.Id, StringComparer.Ordinal).Take(count).Select(item => item.Progress),
            ];
        }
    }

    public Failure? Open(BulkItemOpen open)
    {
        if (open.ItemId.Length is 0 or > MaxIdChars)
        {
            return Violation($"An item's id has 1 to {MaxIdChars} characters.", "open.item_id");
        }

        BulkItem item;
        lock (_gate)
        {
            if (_items.TryGetValue(open.ItemId, out var known))
            {
                _outbox?.Announce(known);
                return null;
            }

            if (_items.Count >= _options.MaxOpenItems)
            {
                return Violation("An item was opened without a credit for it.", "open");
            }

            open.Options ??= start.DefaultOptions;
            item = new BulkItem(open, $"{++_lastNumber:x8}") { ReceivingSince = _time.GetTimestamp() };
            _items.Add(item.Id, item);
        }

        if (Check(open) is { } wrong)
        {
            End(item, wrong);
            return null;
        }

        return OnDisk(item, () =>
        {
            item.Input = SpoolFile.Create(PathOf(item, InputExtension), surroundings.Spool.Key, open.ToByteArray());
            _outbox?.Announce(item);
        });
    }

    public Failure? Receive(BulkItemChunk chunk)
    {
        BulkItem? item;
        lock (_gate)
        {
            if (!_items.TryGetValue(chunk.ItemId, out item))
            {
                return Unknown("chunk");
            }

            if (chunk.Data.Length > _window)
            {
                return Violation("Bytes were sent without credits for them.", "chunk");
            }

            _window -= chunk.Data.Length;
            ReceivedBytes += chunk.Data.Length;
            if (item.State != BulkItemState.Receiving || (long)chunk.Offset + chunk.Data.Length <= item.Input!.DataBytes)
            {
                // On its way when the item ended, or sent again after a cut: neither harms.
                Return(chunk.Data.Length);
                return null;
            }

            item.Held += chunk.Data.Length;
        }

        if (Check(chunk, item) is { } wrong)
        {
            End(item, wrong);
            return null;
        }

        return OnDisk(item, () =>
        {
            item.Input!.Append(chunk.Data.Span);
            _outbox?.Announce(item);
        });
    }

    public Failure? Finish(string id)
    {
        BulkItem? item;
        lock (_gate)
        {
            if (!_items.TryGetValue(id, out item))
            {
                return Unknown("finish");
            }

            if (item.State != BulkItemState.Receiving)
            {
                return null;
            }
        }

        return OnDisk(item, () =>
        {
            if (CheckWhole(item) is { } wrong)
            {
                End(item, wrong);
                return;
            }

            item.Input!.Seal();
            DirectorySync.Flush(directory);
            lock (_gate)
            {
                item.State = BulkItemState.Spooled;
                _outbox?.Announce(item);
            }

            Enqueue(item);
        });
    }

    public Failure? Cancel(string id)
    {
        BulkItem? item;
        lock (_gate)
        {
            if (!_items.TryGetValue(id, out item))
            {
                return Unknown("cancel");
            }

            if (item.State == BulkItemState.Failed)
            {
                return null;
            }

            item.State = BulkItemState.Failed;
            item.Ending = new Status { Code = (int)Code.Cancelled, Message = "The caller cancelled the item." };
        }

        // Whoever works on it stops before its files go.
        item.Abandon();
        lock (_gate)
        {
            Discard(item);
            _outbox?.Announce(item);
            ListIfWork();
        }

        return null;
    }

    public Failure? Confirm(string id)
    {
        lock (_gate)
        {
            // Unknown: confirmed before, and the answer was lost.
            if (!_items.TryGetValue(id, out var item))
            {
                return null;
            }

            if (item.State is BulkItemState.Receiving or BulkItemState.Spooled)
            {
                return Violation("An item was confirmed before it ended.", "confirm");
            }

            if (item.State == BulkItemState.Ready)
            {
                item.State = BulkItemState.Done;
                _outbox?.Announce(item);
            }

            Discard(item);
            _items.Remove(id);
            _outbox?.Grant(items: 1, bytes: 0);
            ListIfWork();
            return null;
        }
    }

    /// <summary>Ends items that have been on their way for longer than an upload may take.</summary>
    public void EndSlowUploads(TimeSpan longest)
    {
        BulkItem[] slow;
        lock (_gate)
        {
            slow =
            [
                .. _items.Values.Where(item =>
                    item.State == BulkItemState.Receiving && _time.GetElapsedTime(item.ReceivingSince) > longest),
            ];
        }

        foreach (var item in slow)
        {
            End(item, new Failure(FailureCode.UploadStalled, $"The item took longer than {longest.TotalSeconds:N0} seconds to come."));
        }
    }

    /// <summary>A result to send, or null where it is no longer wanted or cannot be read.</summary>
    public (SpoolFile File, ResultHeader Header)? OpenResult(BulkItem item)
    {
        SpoolFile? file;
        lock (_gate)
        {
            file = item.State == BulkItemState.Ready ? item.Result : null;
        }

        try
        {
            if (file is null)
            {
                return null;
            }

            using var facts = new MemoryStream(file.ReadHeader());
            _ = BulkItemOpen.Parser.ParseDelimitedFrom(facts);
            return (file, ResultHeader.Parser.ParseDelimitedFrom(facts));
        }
        catch (IOException exception)
        {
            Lose(item, exception);
            return null;
        }
    }

    /// <summary>The next segment of a result; false at its end, or where it is no longer wanted or cannot be read.</summary>
    public bool Next(BulkItem item, IEnumerator<ReadOnlyMemory<byte>> segments)
    {
        try
        {
            return segments.MoveNext();
        }
        catch (IOException exception)
        {
            Lose(item, exception);
            return false;
        }
    }

    /// <summary>
    /// The next item to draw, or null: none waits, or the caller has as many results to fetch as it may have. Each call takes one listing.
    /// </summary>
    public BulkItem? Take()
    {
        lock (_gate)
        {
            _isListed = false;
            BulkItem? next = null;
            while (!_isDeleted && !IsFull && _spooled.TryDequeue(out next) && next.State != BulkItemState.Spooled)
            {
                next = null;
            }

            _drawing += next is null ? 0 : 1;

            // Back to the end of the line, so that sessions take turns.
            ListIfWork();
            return next;
        }
    }

    /// <summary>Draws an item that <see cref="Take"/> gave, and keeps what came of it.</summary>
    public async Task DrawAsync(
        BulkItem item,
        Func<CartoonRequest, CancellationToken, Task<Outcome<(ResultHeader Header, ReadOnlySequence<byte> File)>>> draw,
        CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, item.Wanted);
        try
        {
            if (item.Recovered && !TryBegin(item))
            {
                End(item, new Failure(FailureCode.Internal, "The server failed at this item several times."), keepsInput: true);
                return;
            }

            Outcome<(ResultHeader Header, ReadOnlySequence<byte> File)> outcome;
            using (var input = item.Input!.ReadWhole())
            {
                var request = CartoonMapping.Request(item.Open.Options, "", new Caller(tenant)).OrThrow() with
                {
                    File = input.Bytes,
                    IdempotencyKey = IdempotencyKey(item.Id),
                };
                outcome = await draw(request, either.Token);
            }

            if (outcome.TryGet(out var made, out var failure))
            {
                Keep(item, made.Header, made.File);
            }
            else
            {
                End(item, failure, keepsInput: true);
            }
        }
        catch (Exception) when (item.Wanted.IsCancellationRequested)
        {
            // Cancelled: its files are gone already.
        }
        finally
        {
            bool isLast;
            lock (_gate)
            {
                isLast = --_drawing == 0 && _isDeleted;
            }

            if (isLast)
            {
                System.IO.Directory.Delete(directory, recursive: true);
            }
        }
    }

    /// <summary>Ends an item without a result, if it has not ended otherwise.</summary>
    /// <param name="item">The item.</param>
    /// <param name="failure">Why.</param>
    /// <param name="keepsInput">Until it is confirmed: what was said to be spooled is not asked for again.</param>
    public void End(BulkItem item, Failure failure, bool keepsInput = false)
    {
        lock (_gate)
        {
            if (item.State is not (BulkItemState.Receiving or BulkItemState.Spooled))
            {
                return;
            }

            item.State = BulkItemState.Failed;
            item.Ending = FailureStatus.ToStatus(failure);
            if (!keepsInput)
            {
                Discard(item);
            }

            _outbox?.Announce(item);
        }
    }

    /// <summary>Puts the items that an earlier process has left back to where they were.</summary>
    public void Recover()
    {
        foreach (var path in Files(ResultExtension))
        {
            if (SpoolFile.Open(path, surroundings.Spool.Key, out var header) is { IsSealed: true } result)
            {
                using var facts = new MemoryStream(header);
                Add(new BulkItem(BulkItemOpen.Parser.ParseDelimitedFrom(facts), NumberOf(path)) { State = BulkItemState.Ready, Result = result });
            }
            else
            {
                File.Delete(path);
            }
        }

        foreach (var path in Files(InputExtension))
        {
            if (_items.Values.All(item => item.Number != NumberOf(path))
                && SpoolFile.Open(path, surroundings.Spool.Key, out var header) is { } input)
            {
                Add(new BulkItem(BulkItemOpen.Parser.ParseFrom(header), NumberOf(path))
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

        string[] Files(string extension) => System.IO.Directory.GetFiles(directory, "*" + extension);

        void Add(BulkItem item)
        {
            _items.Add(item.Id, item);
            _lastNumber = Math.Max(_lastNumber, int.Parse(item.Number, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            if (item.State == BulkItemState.Spooled)
            {
                Enqueue(item);
            }
        }
    }

    /// <summary>Deletes all of it, once no worker is at it. Only without a stream.</summary>
    public void Delete()
    {
        bool isBusy;
        lock (_gate)
        {
            (_isDeleted, isBusy) = (true, _drawing > 0);
        }

        foreach (var item in _items.Values)
        {
            item.Abandon();
        }

        if (!isBusy)
        {
            System.IO.Directory.Delete(directory, recursive: true);
        }
    }

    private static Failure Violation(string message, string field) => new(FailureCode.ProtocolViolation, message, field);

    private static Failure Unknown(string field) => Violation("The session has no such item.", field);

    private static Failure? CheckWhole(BulkItem item)
    {
        var (open, input) = (item.Open, item.Input!);
        if ((ulong)input.DataBytes != open.TotalBytes)
        {
            return new Failure(
                FailureCode.CorruptImage, $"The item was announced with {open.TotalBytes:N0} bytes, but {input.DataBytes:N0} came.");
        }

        // From the disk, so that what was written is checked with what was sent.
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var segment in input.Read())
        {
            sha256.AppendData(segment.Span);
        }

        return sha256.GetHashAndReset().AsSpan().SequenceEqual(open.Sha256.Span)
            ? null
            : new Failure(FailureCode.ChecksumMismatch, "The item's SHA-256 is not the one it was announced with.", "open.sha256");
    }

    private static Failure? Check(BulkItemChunk chunk, BulkItem item)
    {
        var input = item.Input!;
        if (chunk.Data.Length is 0 or > SpoolFile.MaxSegmentBytes)
        {
            return Violation($"A chunk has 1 to {SpoolFile.MaxSegmentBytes:N0} bytes.", "chunk.data");
        }

        if ((long)chunk.Offset != input.DataBytes)
        {
            return Violation($"A chunk came for offset {chunk.Offset:N0}; the next byte is {input.DataBytes:N0}.", "chunk.offset");
        }

        if (input.DataBytes + chunk.Data.Length > (long)item.Open.TotalBytes)
        {
            return Violation($"More bytes came than the {item.Open.TotalBytes:N0} announced.", "chunk.data");
        }

        if (input.Segments > FreeSegments + (input.DataBytes / LeastMeanChunkBytes))
        {
            return Violation($"Chunks are too small: under {LeastMeanChunkBytes:N0} bytes on average; 64 KiB is best.", "chunk.data");
        }

        return Crc32C.Of(chunk.Data.Span) == chunk.Crc32C
            ? null
            : new Failure(FailureCode.ChecksumMismatch, "A chunk's bytes do not match its CRC-32C.", "chunk.crc32c");
    }

    private static string NumberOf(string path) => Path.GetFileName(path).Split('.')[0];

    // "0000002a.3.in" was in work at the death of three processes.
    private static int LostAttempts(string path) =>
        Path.GetFileName(path).Split('.') is [_, var lost, _] && int.TryParse(lost, CultureInfo.InvariantCulture, out var count) ? count : 0;

    private Failure? Check(BulkItemOpen open)
    {
        if (open.TotalBytes == 0)
        {
            return new Failure(FailureCode.EmptyInput, "The item is announced with no bytes.", "open.total_bytes");
        }

        if (open.TotalBytes > (ulong)surroundings.Limits.MaxUploadBytes)
        {
            return new Failure(
                FailureCode.UploadTooLarge,
                $"The item is announced with more bytes ({open.TotalBytes:N0}) than this server takes: {surroundings.Limits.MaxUploadBytes:N0}.",
                "open.total_bytes");
        }

        if (open.Sha256.Length != SHA256.HashSizeInBytes)
        {
            return new Failure(FailureCode.InvalidOption, $"A SHA-256 has {SHA256.HashSizeInBytes} bytes.", "open.sha256");
        }

        if (open.CalculateSize() > MaxOpenBytes)
        {
            return new Failure(FailureCode.InvalidOption, $"An item's announcement may have {MaxOpenBytes:N0} bytes.", "open");
        }

        return CartoonMapping.Request(open.Options, "", new Caller(tenant)).TryGet(out var request, out var failure)
            ? surroundings.CheckRequest(request) ?? surroundings.CountPicture(tenant)
            : failure;
    }

    private void Lose(BulkItem item, IOException exception)
    {
        lock (_gate)
        {
            if (item.State != BulkItemState.Ready)
            {
                return;
            }

            item.State = BulkItemState.Failed;
            item.Ending = FailureStatus.ToStatus(new Failure(FailureCode.Internal, "The server's disk has lost the result."));
            _outbox?.Announce(item);
        }

        surroundings.Logger.SpoolFailed(exception);
    }

    private Failure? OnDisk(BulkItem item, Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            surroundings.Logger.SpoolFailed(exception);
            End(item, new Failure(FailureCode.Overloaded, "The server's spool takes nothing now; try again later."));
        }

        return null;
    }

    // The name changes before the work begins, so that a picture that kills the process is told from those that only waited.
    private bool TryBegin(BulkItem item)
    {
        if (item.LostAttempts >= MaxLostAttempts)
        {
            return false;
        }

        item.LostAttempts++;
        item.Input!.MoveTo(Path.Combine(directory, $"{item.Number}.{item.LostAttempts}{InputExtension}"));
        return true;
    }

    private void Keep(BulkItem item, ResultHeader header, ReadOnlySequence<byte> file)
    {
        using var facts = new MemoryStream();
        item.Open.WriteDelimitedTo(facts);
        header.WriteDelimitedTo(facts);
        var result = SpoolFile.Create(PathOf(item, DraftExtension), surroundings.Spool.Key, facts.ToArray());
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
        result.MoveTo(PathOf(item, ResultExtension));
        DirectorySync.Flush(directory);
        lock (_gate)
        {
            if (item.State != BulkItemState.Spooled)
            {
                result.Delete();
                return;
            }

            // The input has served, and leaves the window for the next one's.
            Discard(item);
            item.Result = result;
            item.State = BulkItemState.Ready;
            _outbox?.Deliver(item);
        }
    }

    // Under the gate, but for recovery.
    private void Discard(BulkItem item)
    {
        item.Input?.Delete();
        item.Result?.Delete();
        (item.Input, item.Result) = (null, null);
        Return(item.Held);
        item.Held = 0;
    }

    private void Return(long bytes)
    {
        if (bytes > 0)
        {
            _window += bytes;
            _outbox?.Grant(items: 0, bytes);
        }
    }

    private void Enqueue(BulkItem item)
    {
        lock (_gate)
        {
            _spooled.Enqueue(item);
            ListIfWork();
        }
    }

    private void ListIfWork()
    {
        if (!_isListed && _spooled.Count > 0 && !IsFull)
        {
            _isListed = true;
            surroundings.List(this);
        }
    }

    private string IdempotencyKey(string itemId)
    {
        // The length keeps two pairs from being spelled alike.
        var scope = start.IdempotencyScope.Length > 0 ? start.IdempotencyScope : start.SessionId;
        return $"{scope.Length}:{scope}{itemId}";
    }

    private string PathOf(BulkItem item, string extension) => Path.Combine(directory, item.Number + extension);
}
