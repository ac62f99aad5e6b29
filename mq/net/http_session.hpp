#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <vector>

#include "mq/net/http.hpp"
#include "mq/net/http_router.hpp"

namespace mq::net {

// What all connections of a server share. Outlives them.
struct HttpService {
  HttpServerOptions options;
  HttpRouter router;
  std::vector<HttpServer::Filter> filters;
  std::vector<HttpServer::Observer> observers;
  bool stopping = false;  // each connection ends after the request it is at
};

// One connection: requests one after the other, as HTTP/1.1 pipelining wants it.
//
// Thread rule: the executor's one thread.
class HttpSession {
 public:
  HttpSession(boost::asio::ip::tcp::socket socket, const HttpService& service);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  boost::asio::awaitable<void> run();
  // Ends a connection that waits for a request; one that has received a byte of it goes on.
  void close_if_idle();

 private:
  class Impl;  // Beast's types stay in the .cpp file
  std::unique_ptr<Impl> impl_;
};

}  // namespace mq::net
