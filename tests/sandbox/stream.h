// One TCP connection, plain or TLS, blocking, with a deadline that holds over any number of reads
// and writes: a peer that sends a byte now and then cannot hold it for ever.
//
// Not thread-safe, except that the socket may be shut down from another thread to wake it.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace dvcsandbox {

class Stream {
  public:
    using Clock = std::chrono::steady_clock;

    explicit Stream(int socket);  // borrows the socket: the caller closes it afterwards
    virtual ~Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    void deadline(Clock::time_point end) { deadline_ = end; }

    // False: `reason` says why, without the peer's data.
    virtual bool handshake(std::string& reason);
    // At least one byte, or an error: eof, timed_out, or what the system says.
    std::size_t read(void* data, std::size_t size, boost::system::error_code& error);
    // All of it, or false.
    bool write(std::string_view bytes);
    // Keeps what is written until released, so that several writes leave as one.
    void hold_back(bool on);
    // The peer has closed its side, so that nothing can reach it any more.
    bool peer_gone() const;
    // Something has arrived, or the peer has closed its side.
    bool readable() const;
    // Closing the socket will then reset the connection (RST).
    void reset_on_close();
    // Says good-bye; what the peer still sends is read for a moment, so that it gets our last
    // answer.
    void finish(bool drain);

  protected:
    // > 0 bytes, 0 end of stream, < 0 failed (`again_` tells that it may be tried once more).
    virtual long receive(void* data, std::size_t size);
    virtual long send(const void* data, std::size_t size);
    virtual void say_goodbye() {}
    bool again_ = false;

  private:
    int socket_;
    Clock::time_point deadline_ = Clock::time_point::max();
};

// Our Stream as Boost.Beast wants to read from it.
struct StreamReader {
    Stream& stream;

    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, boost::system::error_code& error) {
        for (auto at = boost::asio::buffer_sequence_begin(buffers);
             at != boost::asio::buffer_sequence_end(buffers); ++at) {
            const boost::asio::mutable_buffer buffer(*at);
            if (buffer.size() > 0) return stream.read(buffer.data(), buffer.size(), error);
        }
        error = {};
        return 0;
    }
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers) {
        boost::system::error_code error;
        const auto count = read_some(buffers, error);
        if (error) throw boost::system::system_error(error);
        return count;
    }
};

// The client's side of TLS: the server must show a certificate of `ca` for the host that is
// called; ours is shown if there is one. Throws as TlsContext does. Thread-safe.
class TlsClient {
  public:
    TlsClient(const std::string& ca, const std::string& certificate, const std::string& key);
    std::unique_ptr<Stream> connect(int socket, const std::string& host) const;

  private:
    std::shared_ptr<SSL_CTX> context_;
};

// The server's side of TLS. Throws std::runtime_error that names the file if a key, certificate or
// CA cannot be used. Thread-safe.
class TlsContext {
  public:
    // `client_ca` "": no client certificate is asked for; otherwise one signed by it is required.
    TlsContext(const std::string& certificate, const std::string& key,
               const std::string& client_ca);
    // Connections from now on are served with this certificate; when it throws, with the old one.
    void serve_with(const std::string& certificate, const std::string& key);
    std::unique_ptr<Stream> accept(int socket) const;

  private:
    const std::string client_ca_;
    mutable std::mutex mutex_;
    std::shared_ptr<SSL_CTX> context_;
};

}  // namespace dvcsandbox
